package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/natter-chat/natter/test/fault/laws"
)

// sampleEvery is how often the tables are looked at during the storm.
const sampleEvery = 2 * time.Second

// sample writes down where offsets and markers stand, again and again.
func (k *run) sample() {
	for pause(k.town.ctx, sampleEvery) == nil {
		start := k.town.now()
		rows, err := k.Postgres.Query("SELECT 'offset', consumer, '', seq FROM offsets UNION ALL SELECT 'marker', room_id::text, user_id::text, seq FROM read_markers")
		if err != nil {
			continue // a fault's affair
		}
		for _, row := range rows {
			r := laws.Record{Client: "tables", Op: laws.Op(row[0]), Start: start, Outcome: laws.OK, Seq: parse64(row[3])}
			if r.Op == laws.Offset {
				r.Client = row[1]
			} else {
				r.Room, r.User = row[1], row[2]
			}
			k.town.add(r)
		}
	}
}

func parse64(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("PostgreSQL's number %q: %v", s, err)) // a bigint is a number
	}
	return n
}
