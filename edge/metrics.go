package edge

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics is what an operator sees of the HTTP side. Labels come from closed
// sets: routes as registered, statuses, codes.
type metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	posts     *prometheus.CounterVec
	tokens    *prometheus.CounterVec
	forbidden prometheus.Counter
	errands   *prometheus.CounterVec
	asked     askMetrics
	pages     pageMetrics
}

// askMetrics count what is asked of the directory about members.
type askMetrics struct{ questions, queries prometheus.Counter }

// pageMetrics are about pages of history that may be kept.
type pageMetrics struct {
	served *prometheus.CounterVec
	bytes  prometheus.Gauge
}

// newMetrics registers with reg; nil keeps them to itself.
func newMetrics(reg prometheus.Registerer) *metrics {
	with := promauto.With(reg)
	return &metrics{
		requests: with.NewCounterVec(prometheus.CounterOpts{Name: "natter_edge_requests_total",
			Help: "HTTP requests answered, by route and status."}, []string{"route", "status"}),
		duration: with.NewHistogramVec(prometheus.HistogramOpts{Name: "natter_edge_request_seconds",
			Help: "Time to answer a request, by route; sockets, streams and long polls apart.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 15)}, []string{"route"}),
		posts: with.NewCounterVec(prometheus.CounterOpts{Name: "natter_edge_posts_total",
			Help: "Messages posted on any transport, by outcome (ok or an error code)."}, []string{"outcome"}),
		tokens: with.NewCounterVec(prometheus.CounterOpts{Name: "natter_edge_token_lookups_total",
			Help: "Personal access tokens that had to be looked up in the database, by outcome (ok or an error code)."}, []string{"outcome"}),
		forbidden: with.NewCounter(prometheus.CounterOpts{Name: "natter_edge_token_forbidden_total",
			Help: "Requests and frames that a personal access token's scopes did not allow."}),
		errands: with.NewCounterVec(prometheus.CounterOpts{Name: "natter_edge_mails_total",
			Help: "Mails by what they are about and outcome: done (sent, or nobody to send it to), failed (given up after some tries), dropped (the queue was full)."}, []string{"kind", "outcome"}),
		asked: askMetrics{
			questions: with.NewCounter(prometheus.CounterOpts{Name: "natter_edge_membership_questions_total",
				Help: "Times a request or a subscription had to ask the database who is a member."}),
			queries: with.NewCounter(prometheus.CounterOpts{Name: "natter_edge_membership_queries_total",
				Help: "Queries that answered them, many at once."}),
		},
		pages: pageMetrics{
			served: with.NewCounterVec(prometheus.CounterOpts{Name: "natter_edge_history_pages_total",
				Help: "Pages of history beside a position, by source: memory, where old ones are kept, or tables."}, []string{"source"}),
			bytes: with.NewGauge(prometheus.GaugeOpts{Name: "natter_edge_history_kept_bytes", Help: "Bytes of the pages that are kept in memory."}),
		},
	}
}
