package edge

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// presenceMetrics count what edges know of one another's people.
type presenceMetrics struct {
	edges   prometheus.Gauge
	people  prometheus.Gauge
	rooms   prometheus.Gauge
	words   *prometheus.CounterVec
	unsaid  prometheus.Counter
	holes   prometheus.Counter
	dropped prometheus.Counter
	changes prometheus.Counter
	asked   prometheus.Counter
}

func newPresenceMetrics(r prometheus.Registerer) *presenceMetrics {
	f := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	return &presenceMetrics{
		edges:  gauge("natter_presence_edges", "Edges that this one knows to live, itself included."),
		people: gauge("natter_presence_people", "People who are connected to any of them."),
		rooms:  gauge("natter_presence_rooms", "Rooms whose people somebody on this edge watches."),
		words: f.NewCounterVec(prometheus.CounterOpts{Name: "natter_presence_words_total",
			Help: "What edges told one another about their people, signs of life included."}, []string{"direction"}),
		unsaid:  counter("natter_presence_unsaid_total", "Words that could not be said because NATS was not there."),
		holes:   counter("natter_presence_holes_total", "Times an edge was asked for all of its people because a word of it was missed."),
		dropped: counter("natter_presence_dropped_edges_total", "Edges whose lease ended, or who took their leave."),
		changes: counter("natter_presence_changes_total", "Times somebody came, went, or was away, as this edge saw it."),
		asked:   counter("natter_presence_questions_total", "Questions to the database about rooms that are watched."),
	}
}

// gauge tells what there is now. The lock is held.
func (p *presence) gauge() {
	p.metrics.edges.Set(float64(1 + len(p.edges)))
	p.metrics.people.Set(float64(len(p.people)))
	p.metrics.rooms.Set(float64(len(p.crowds)))
}
