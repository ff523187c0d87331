package sql

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the pool's state and the queries that failed.
type metrics struct {
	registerer prometheus.Registerer
	registered []prometheus.Collector
	failures   *prometheus.CounterVec
}

func newMetrics(pool *pgxpool.Pool, registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{registerer: registerer, failures: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "natter_sql_failures_total",
		Help: "Failed calls of the database by SQLSTATE class; none where the server did not answer.",
	}, []string{"class"})}
	if registerer == nil {
		return m, nil
	}
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "natter_sql_" + name, Help: help},
			func() float64 { return value(pool.Stat()) })
	}
	for _, c := range []prometheus.Collector{
		m.failures,
		gauge("connections_max", "Most connections that the pool opens.", func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) }),
		gauge("connections_open", "Connections that are open.", func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) }),
		gauge("connections_busy", "Connections that are in use.", func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) }),
		gauge("waits", "Calls so far that had to wait for a connection.", func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) }),
		gauge("wait_seconds", "Time so far spent waiting for connections.", func(s *pgxpool.Stat) float64 { return s.AcquireDuration().Seconds() }),
	} {
		if err := registerer.Register(c); err != nil {
			m.unregister()
			return nil, fmt.Errorf("register the database's metrics: %w", err)
		}
		m.registered = append(m.registered, c)
	}
	return m, nil
}

func (m *metrics) unregister() {
	for _, c := range m.registered {
		m.registerer.Unregister(c)
	}
}

// failure counts a failed call. Being fenced is no failure of the database.
func (m *metrics) failure(err error) {
	if errors.Is(err, ErrFenced) {
		return
	}
	class := sqlClass(err)
	if class == "" {
		class = "none"
	}
	m.failures.WithLabelValues(class).Inc()
}
