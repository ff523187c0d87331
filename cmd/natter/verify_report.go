package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/natter-chat/natter/audit"
	"github.com/natter-chat/natter/events"
)

// verified are the streams of a report, in the order in which it is shown.
var verified = []events.Stream{events.Chat, events.Reads, events.Notify, events.Audit}

// tellEvery is how often somebody who waits is told how far it is.
const tellEvery = 5 * time.Second

// sayAfter is how long a person may be left wondering.
const sayAfter = time.Second

// patiently does what may take a while, and says so if it does.
func patiently(w io.Writer, doing string, do func() error) error {
	done, said := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(said)
		select {
		case <-time.After(sayAfter):
			fmt.Fprintf(w, "  %s\n", doing)
		case <-done:
		}
	}()
	defer func() { close(done); <-said }()
	return do()
}

// tell returns what says, now and then, how far an audit has come.
func tell(w io.Writer) func(audit.Progress) {
	last := time.Now()
	return func(p audit.Progress) {
		if time.Since(last) < tellEvery {
			return
		}
		last = time.Now()
		fmt.Fprintf(w, "  %s: compared up to %d of %d, %d differences\n", p.Stream, p.Done, p.Of, p.Found)
	}
}

// show prints the report for a person, or as one line of JSON.
func show(w io.Writer, r *audit.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			OK bool `json:"ok"`
			*audit.Report
		}{r.OK(), r})
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "stream\tentries\trows\tdead letters\tolder rows\tlag\t")
	for _, name := range verified {
		s := r.Streams[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t\n", name, s.Compared, s.Rows, s.DeadLetters, s.Gone, s.Lag)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, d := range r.Differences {
		fmt.Fprintln(w, d)
	}
	_, err := fmt.Fprintln(w, verdict(r))
	return err
}

// verdict is the last line.
func verdict(r *audit.Report) string {
	if r.OK() {
		return fmt.Sprintf("The log and the tables agree. That took %.1f s.", r.Seconds)
	}
	text := fmt.Sprintf("%d differences:", r.Total)
	for _, k := range audit.Kinds {
		if n := r.Kinds[k]; n > 0 {
			text += fmt.Sprintf(" %d %s", n, k)
		}
	}
	return text
}

// writeMetrics writes the file whole or not at all: a collector never reads
// half of it.
func writeMetrics(file string, r *audit.Report) error {
	registry := prometheus.NewRegistry()
	f := promauto.With(registry)
	gauge := func(name, help, label string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{label})
	}
	differences := gauge("natter_verify_differences", "Places in which log and tables differed, by kind.", "kind")
	for _, k := range audit.Kinds {
		differences.WithLabelValues(string(k)).Set(float64(r.Kinds[k]))
	}
	compared := gauge("natter_verify_compared_entries", "Entries of the log that were compared.", "stream")
	lag := gauge("natter_verify_lag_entries", "Entries of the log that the tables had not reached yet.", "stream")
	for name, s := range r.Streams {
		compared.WithLabelValues(string(name)).Set(float64(s.Compared))
		lag.WithLabelValues(string(name)).Set(float64(s.Lag))
	}
	f.NewGauge(prometheus.GaugeOpts{Name: "natter_verify_timestamp_seconds", Help: "When the last comparison that could be made began."}).
		Set(float64(r.Began.UnixNano()) / 1e9)
	if err := prometheus.WriteToTextfile(file, registry); err != nil {
		return fmt.Errorf("write the metrics (-metrics): %w", err)
	}
	return nil
}
