package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Metric returns the sum of a role's samples of a metric whose labels contain
// all of the given ones, each written name="value". It is 0 where there is no
// such sample.
func (r *Role) Metric(name string, labels ...string) (float64, error) {
	text, err := r.ops("/metrics")
	if err != nil {
		return 0, err
	}
	sum := 0.0
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		value, ok := sample(lines.Text(), name, labels)
		if !ok {
			continue
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metrics of %s: %q: %w", r.Name, lines.Text(), err)
		}
		sum += number
	}
	return sum, lines.Err()
}

// LiveHeap returns how many bytes of a role's heap are in use after its garbage
// was collected for that.
func (r *Role) LiveHeap() (float64, error) {
	if _, err := r.ops("/debug/pprof/heap?gc=1"); err != nil {
		return 0, err
	}
	return r.Metric("go_memstats_heap_alloc_bytes")
}

// ops returns what a role's own address answers.
func (r *Role) ops(path string) ([]byte, error) {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(r.Ops + path)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s of %s: %s", path, r.Name, res.Status)
	}
	return io.ReadAll(res.Body)
}

// sample returns the value in a line of the text format, if the line is a
// sample of the metric with the labels.
func sample(line, name string, labels []string) (string, bool) {
	rest, ok := strings.CutPrefix(line, name)
	if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
		return "", false
	}
	for _, label := range labels {
		if !strings.Contains(rest, label) {
			return "", false
		}
	}
	return rest[strings.LastIndex(rest, " ")+1:], true
}
