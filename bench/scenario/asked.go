package scenario

import (
	"context"
	"time"
)

// asked is what the servers were asked so far, by figure.
type asked map[string]float64

// asked waits until PostgreSQL has counted what it did, and reads the counts.
// Transactions of the persister are left out: they store posts, and how many
// there are depends on how the posts fell.
func (p *phases) asked(ctx context.Context) (asked, error) {
	if !p.crowd.t.Private() {
		return asked{}, nil
	}
	p.crowd.o.Progress("waiting until PostgreSQL has counted its transactions")
	select {
	case <-time.After(p.counted): // idle connections report that late
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t := p.crowd.t
	transactions, err := t.Transactions()
	if err != nil {
		return nil, err
	}
	return asked{
		"transactions":         float64(transactions) - t.Metric("persister", "natter_persister_commits_total"),
		"replayed_from_ring":   t.Metric("edge", "natter_live_replayed_total", `source="ring"`),
		"replayed_from_log":    t.Metric("edge", "natter_live_replayed_total", `source="log"`),
		"filled_from_log":      t.Metric("edge", "natter_feed_filled_total"),
		"membership_questions": t.Metric("edge", "natter_edge_membership_questions_total"),
		"membership_queries":   t.Metric("edge", "natter_edge_membership_queries_total"),
		"waits_for_connection": t.Metric("edge", "natter_sql_waits"),
	}, nil
}

// since returns what was asked between two looks.
func (a asked) since(before asked) asked {
	difference := asked{}
	for key, n := range a {
		difference[key] = n - before[key]
	}
	return difference
}

// minus returns the figures beside those of the same time without a storm.
func (a asked) minus(prefix string, usual asked) map[string]float64 {
	figures := map[string]float64{}
	for key, n := range a {
		figures[prefix+key] = n
		figures["usual_"+key] = usual[key]
	}
	return figures
}
