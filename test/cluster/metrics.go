package cluster

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Metric returns the sum of a role's samples of a metric whose labels contain
// all of the given ones, each written name="value". It is 0 where there is no
// such sample.
func (r *Role) Metric(name string, labels ...string) (float64, error) {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(r.Ops + "/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("metrics of %s: %s", r.Name, res.Status)
	}
	sum := 0.0
	lines := bufio.NewScanner(res.Body)
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
