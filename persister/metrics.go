package persister

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are the persister's own. Lag, entries applied, dead letters and fenced
// batches are the log's: natter_work_….
type metrics struct {
	commits    *prometheus.CounterVec
	commitTime *prometheus.HistogramVec
	batchSize  *prometheus.HistogramVec
	swept      prometheus.Counter
	pruned     prometheus.Counter
	erased     prometheus.Counter
	kept       prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	consumer := []string{"consumer"}
	return &metrics{
		commits: f.NewCounterVec(prometheus.CounterOpts{Name: "natter_persister_commits_total",
			Help: "Transactions that applied a batch."}, consumer),
		commitTime: f.NewHistogramVec(prometheus.HistogramOpts{Name: "natter_persister_commit_seconds",
			Help: "Time of a batch's transaction.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, consumer),
		batchSize: f.NewHistogramVec(prometheus.HistogramOpts{Name: "natter_persister_batch_entries",
			Help: "Entries of a batch.", Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 512, 1024}}, consumer),
		swept:  f.NewCounter(prometheus.CounterOpts{Name: "natter_persister_outbox_swept_total", Help: "Events that the sweeper found in the outbox and published."}),
		pruned: f.NewCounter(prometheus.CounterOpts{Name: "natter_persister_pruned_total", Help: "Expired tickets and sessions deleted."}),
		erased: f.NewCounter(prometheus.CounterOpts{Name: "natter_persister_erased_total", Help: "Entries of deleted messages that the log was made to forget."}),
		kept:   f.NewCounter(prometheus.CounterOpts{Name: "natter_persister_erasures_kept_total", Help: "Entries that a deletion named and that hold something else: they were kept."}),
	}
}

func (m *metrics) committed(consumer string, entries int, took time.Duration) {
	m.commits.WithLabelValues(consumer).Inc()
	m.batchSize.WithLabelValues(consumer).Observe(float64(entries))
	m.commitTime.WithLabelValues(consumer).Observe(took.Seconds())
}
