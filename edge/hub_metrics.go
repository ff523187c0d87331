package edge

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// liveMetrics count what happens on sockets and streams.
type liveMetrics struct {
	connections *prometheus.GaugeVec
	closes      *prometheus.CounterVec
	topics      prometheus.Gauge
	subscribed  prometheus.Gauge
	deliveries  prometheus.Counter
	bytes       prometheus.Counter
	writes      prometheus.Counter
	overflows   prometheus.Counter
	replayed    *prometheus.CounterVec
	resets      *prometheus.CounterVec
	skipped     prometheus.Counter
	badFrames   prometheus.Counter
	refused     *prometheus.CounterVec
}

func newLiveMetrics(r prometheus.Registerer) *liveMetrics {
	f := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	return &liveMetrics{
		connections: f.NewGaugeVec(prometheus.GaugeOpts{Name: "natter_live_connections",
			Help: "Open connections, by transport: websocket or sse."}, []string{"transport"}),
		closes:     counters("natter_live_closes_total", "Closed sockets and streams, by close code; 1006 is a connection that just broke.", "code"),
		topics:     f.NewGauge(prometheus.GaugeOpts{Name: "natter_live_topics", Help: "Rooms and people that this edge follows."}),
		subscribed: f.NewGauge(prometheus.GaugeOpts{Name: "natter_live_subscriptions", Help: "Subscriptions of connections to rooms and notifications."}),
		deliveries: counter("natter_live_deliveries_total", "Events handed to connections."),
		bytes:      counter("natter_live_bytes_total", "Bytes written to sockets and streams."),
		writes:     counter("natter_live_writes_total", "Writes to sockets; one carries many events where many come."),
		overflows:  counter("natter_live_overflows_total", "Connections whose queue was full."),
		replayed:   counters("natter_live_replayed_total", "Events sent to catch up, by source: ring or log.", "source"),
		resets:     counters("natter_live_resets_total", "Resets sent, by reason.", "reason"),
		skipped:    counter("natter_live_skipped_total", "Events in the log that no reader could use."),
		badFrames:  counter("natter_live_bad_frames_total", "Frames of clients that could not be understood."),
		refused:    counters("natter_live_refused_total", "Connections refused, by reason.", "reason"),
	}
}
