package jetstream

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/natter-chat/natter/events"
)

// metrics are the log's own; every process that uses the log exports them.
type metrics struct {
	reconnects  *prometheus.CounterVec
	published   *prometheus.CounterVec
	retries     *prometheus.CounterVec
	batchSize   *prometheus.HistogramVec
	publishTime *prometheus.HistogramVec

	received *prometheus.CounterVec
	filled   *prometheus.CounterVec
	resets   *prometheus.CounterVec
	topics   *prometheus.GaugeVec

	applied     *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	fenced      *prometheus.CounterVec
	resumed     *prometheus.CounterVec
	lag         *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		reconnects: counter("natter_nats_reconnects_total", "Connections to NATS that came back.", "connection"),
		published:  counter("natter_log_published_total", "Events published, by outcome: stored, duplicate, or an error code.", "stream", "outcome"),
		retries:    counter("natter_log_publish_retries_total", "Publish attempts that had to be repeated.", "stream"),
		batchSize: f.NewHistogramVec(prometheus.HistogramOpts{Name: "natter_log_batch_events",
			Help: "Events in one publish (group commit).", Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500}}, []string{"stream"}),
		publishTime: f.NewHistogramVec(prometheus.HistogramOpts{Name: "natter_log_publish_seconds",
			Help: "Time from queueing an event to its ack.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16)}, []string{"stream"}),
		received: counter("natter_feed_received_total", "Republished events received.", "stream"),
		filled:   counter("natter_feed_filled_total", "Events that were never received live and were read from the log.", "stream"),
		resets:   counter("natter_feed_resets_total", "Holes that the log could not fill.", "stream"),
		topics: f.NewGaugeVec(prometheus.GaugeOpts{Name: "natter_feed_topics",
			Help: "Subjects that this process follows."}, []string{"stream"}),
		applied:     counter("natter_work_applied_total", "Entries applied.", "consumer"),
		deadLetters: counter("natter_work_dead_letters_total", "Entries sent to the dead letters.", "consumer"),
		fenced:      counter("natter_work_fenced_total", "Batches refused because another instance had moved the offset.", "consumer"),
		resumed:     counter("natter_work_resets_total", "Times the consumer was set back to the offset.", "consumer"),
		lag: f.NewGaugeVec(prometheus.GaugeOpts{Name: "natter_work_lag_entries",
			Help: "Entries between the last one delivered to this instance and the stream's end; 0 on standby."}, []string{"consumer"}),
	}
}

// begin makes a consumer's counters known before they count: an alarm on their
// increase would miss the first.
func (m *metrics) begin(c Consumer) {
	for _, counter := range []*prometheus.CounterVec{m.applied, m.deadLetters, m.fenced, m.resumed} {
		counter.WithLabelValues(string(c))
	}
	m.lag.WithLabelValues(string(c))
}

// follow does the same for a feed.
func (m *metrics) follow(s events.Stream) {
	for _, counter := range []*prometheus.CounterVec{m.received, m.filled, m.resets} {
		counter.WithLabelValues(string(s))
	}
}
