package notifier

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/natter-chat/natter/events"
)

// metrics are the notifier's own. Lag, dead letters and fenced batches are the
// log's: natter_work_….
type metrics struct {
	notifications prometheus.Counter
	cursorMoves   prometheus.Counter
	batchSize     prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	return &metrics{
		notifications: f.NewCounter(prometheus.CounterOpts{Name: "natter_notifier_notifications_total", Help: "Notifications published."}),
		cursorMoves:   f.NewCounter(prometheus.CounterOpts{Name: "natter_notifier_cursor_moves_total", Help: "Times the cursor was written, alone or with notifications."}),
		batchSize: f.NewHistogram(prometheus.HistogramOpts{Name: "natter_notifier_batch_notifications",
			Help: "Notifications in one atomic batch.", Buckets: []float64{0, 1, 2, 5, 10, 50, 100, 500, 900}}),
	}
}

func (m *metrics) told(tell []events.Event) {
	m.notifications.Add(float64(len(tell)))
	m.cursorMoves.Inc()
	m.batchSize.Observe(float64(len(tell)))
}
