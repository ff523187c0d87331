package cluster

import (
	"fmt"
	"strings"
	"time"
)

// Projected are the tables that the log fills: emptied, they are made of it
// anew, equally.
var Projected = []string{"events", "mentions", "amendments", "reactions", "pins", "copies", "read_markers", "notifications",
	"audit", "search", "search_pieces", "dead_letters"}

// Contents waits until the workers have caught up, at most so long, and returns
// for each projected table how many rows it has and a hash of them, which their
// order does not change.
func (c *Cluster) Contents(within time.Duration) (map[string]string, error) {
	if err := poll(within, c.caughtUp); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, table := range Projected {
		rows, err := c.Postgres.Query(fmt.Sprintf("SELECT count(*) || ' rows ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM %s t", table))
		if err != nil {
			return nil, fmt.Errorf("hash %s: %w", table, err)
		}
		all[table] = rows[0][0]
	}
	return all, nil
}

// Empty empties the projected tables and forgets the offsets: the next
// persister folds the whole log. None may run.
func (p *Postgres) Empty() error {
	_, err := p.Query("BEGIN; TRUNCATE " + strings.Join(Projected, ", ") + "; DELETE FROM offsets; COMMIT")
	return err
}
