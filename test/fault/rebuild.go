package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// rebuild empties the projected tables, lets the persisters fold the log anew,
// and returns what differs, row by row.
func (k *run) rebuild() (differs []string, err error) {
	for _, p := range k.Persisters {
		if code, err := p.Terminate(20 * time.Second); err != nil || code != 0 {
			k.breaks("end", fmt.Sprintf("%s ended with code %d: %v", p.Name, code, err))
		}
	}
	var keep []string
	for _, table := range cluster.Projected {
		keep = append(keep, fmt.Sprintf("CREATE TABLE kept_%s AS TABLE %s; TRUNCATE %s", table, table, table))
	}
	if _, err := k.Postgres.Query("BEGIN; " + strings.Join(keep, "; ") + "; DELETE FROM offsets; COMMIT"); err != nil {
		return nil, err
	}
	for _, p := range k.Persisters {
		if err := p.Restart(); err != nil {
			return nil, err
		}
	}
	if _, err := k.Audit(2 * endWithin); err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	}
	for _, table := range cluster.Projected {
		for what, query := range map[string]string{
			"lacks": "TABLE kept_%[1]s EXCEPT ALL TABLE %[1]s", "has more": "TABLE %[1]s EXCEPT ALL TABLE kept_%[1]s"} {
			rows, err := k.Postgres.Query(fmt.Sprintf("SELECT count(*), left(min(t::text), 300) FROM ("+query+") t", table))
			if err != nil {
				return nil, err
			}
			if rows[0][0] != "0" {
				differs = append(differs, fmt.Sprintf("%s, rebuilt, %s %s rows, such as %s", table, what, rows[0][0], rows[0][1]))
			}
		}
	}
	slices.Sort(differs)
	return differs, nil
}
