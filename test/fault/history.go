package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// history is what happens, as it happens. All methods may be called from
// several goroutines.
type history struct {
	began time.Time

	mu      sync.Mutex
	records []laws.Record
	refused map[string]int // "post 503 unavailable" → how often
	file    *os.File
	out     *bufio.Writer
	err     error
}

// newHistory begins the campaign's clock. file may be "".
func newHistory(file string) (*history, error) {
	h := &history{began: time.Now(), refused: map[string]int{}}
	if file == "" {
		return h, nil
	}
	var err error
	if h.file, err = os.Create(file); err != nil {
		return nil, fmt.Errorf("write the history: %w", err)
	}
	h.out = bufio.NewWriterSize(h.file, 1<<16)
	return h, nil
}

// now is the campaign's clock, in microseconds.
func (h *history) now() int64 { return time.Since(h.began).Microseconds() }

// add writes one record down. End is now unless it is set.
func (h *history) add(r laws.Record) {
	if r.End == 0 {
		r.End = h.now()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, r)
	if h.out == nil || h.err != nil {
		return
	}
	raw, err := json.Marshal(r)
	if err == nil {
		_, err = h.out.Write(append(raw, '\n'))
	}
	h.err = err
}

// ended adds an operation with what came of it: err as natter answered.
func (h *history) ended(r laws.Record, err error) laws.Outcome {
	r.Outcome, r.Code = outcome(err), client.CodeOf(err)
	if err != nil {
		what := fmt.Sprintf("%s %s", r.Op, "no answer")
		if r.Code != "" {
			what = fmt.Sprintf("%s %d %s", r.Op, client.StatusOf(err), r.Code)
		}
		h.mu.Lock()
		h.refused[what]++
		h.mu.Unlock()
	}
	h.add(r)
	return r.Outcome
}

// outcome sorts an answer: what natter says did not happen is fail, what may
// have happened is info. A request that got no answer may have happened.
func outcome(err error) laws.Outcome {
	switch client.CodeOf(err) {
	case "":
		if err == nil {
			return laws.OK
		}
		return laws.Info
	case "outcome_unknown", "internal":
		return laws.Info
	}
	return laws.Fail
}

// all returns what was written so far.
func (h *history) all() []laws.Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.records[:len(h.records):len(h.records)]
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.out == nil {
		return nil
	}
	if err := h.out.Flush(); h.err == nil {
		h.err = err
	}
	if err := h.file.Close(); h.err == nil {
		h.err = err
	}
	h.out = nil
	return h.err
}
