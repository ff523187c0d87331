package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/fault/laws"
)

// endWithin is how long, after the storm, everybody may take to have seen all.
const endWithin = 60 * time.Second

// evidence ends the load, waits until everything that was said has arrived
// everywhere, and reads the log and the tables.
func (k *run) evidence() (*laws.Evidence, error) {
	k.town.stop()
	k.town.running.Wait()
	ctx, cancel := context.WithTimeout(k.ctx, endWithin)
	defer cancel()
	e := &laws.Evidence{}
	if _, err := k.Audit(endWithin); err != nil { // waits for the workers
		k.breaks("recovery", fmt.Sprintf("the workers did not catch up: %v", err))
	}
	if err := k.erased(ctx, e); err != nil {
		return nil, err
	}
	if a, err := k.Audit(endWithin); err != nil {
		k.breaks("recovery", fmt.Sprintf("natter verify could not compare: %v", err))
	} else {
		for _, d := range a.Differences {
			k.breaks("verify", d.String())
		}
	}
	last := map[string]uint64{}
	for _, entry := range e.Chat {
		if !entry.Bad && !entry.Gone {
			last[entry.Scope] = entry.Seq
		}
	}
	for _, behind := range k.town.caughtUp(ctx, last) {
		k.breaks("recovery", behind)
	}
	for _, b := range k.town.bells {
		for i := len(e.Notify) - 1; i >= 0; i-- {
			if e.Notify[i].Scope == b.User().ID {
				if err := b.heard(ctx, e.Notify[i].Seq); err != nil {
					k.breaks("recovery", fmt.Sprintf("%s has not heard notification %d: %v", b.name, e.Notify[i].Seq, err))
				}
				break
			}
		}
	}
	k.town.rollCall(ctx)
	return e, errors.Join(k.readTables(e), k.readShown(ctx, e), k.readWords(e))
}

func (k *run) readLog(e *laws.Evidence) error {
	for stream, into := range map[events.Stream]*[]laws.Entry{events.Chat: &e.Chat, events.Reads: &e.Reads, events.Notify: &e.Notify, events.Audit: &e.Audit} {
		entries, err := k.Entries(stream)
		if err != nil {
			return err
		}
		for _, raw := range entries {
			*into = append(*into, laws.FromLog(raw))
		}
	}
	return nil
}

func (k *run) readTables(e *laws.Evidence) error {
	for query, each := range map[string]func(row []string){
		"SELECT seq, room_id, id FROM events UNION ALL SELECT seq, room_id, id FROM amendments ORDER BY seq": func(row []string) {
			e.Rows = append(e.Rows, laws.Row{Seq: parse64(row[0]), Scope: row[1], ID: row[2]})
		},
		"SELECT seq, user_id, id FROM notifications ORDER BY seq": func(row []string) {
			e.Notifications = append(e.Notifications, laws.Row{Seq: parse64(row[0]), Scope: row[1], ID: row[2]})
		},
		"SELECT room_id || ' ' || user_id, seq FROM read_markers":             func(row []string) { e.Markers[row[0]] = parse64(row[1]) },
		"SELECT room_id || ' ' || user_id FROM members WHERE left_at IS NULL": func(row []string) { e.Members[row[0]] = true },
		"SELECT id, member_count FROM rooms":                                  func(row []string) { e.Counts[row[0]] = int(parse64(row[1])) },
		"SELECT stream, consumer, seq, reason FROM dead_letters": func(row []string) {
			e.Dead = append(e.Dead, laws.DeadLetter{Stream: events.Stream(row[0]), Consumer: row[1], Seq: parse64(row[2]), Reason: row[3]})
		},
	} {
		if e.Markers == nil {
			e.Markers, e.Members, e.Counts = map[string]uint64{}, map[string]bool{}, map[string]int{}
		}
		rows, err := k.Postgres.Query(query)
		if err != nil {
			return err
		}
		for _, row := range rows {
			each(row)
		}
	}
	return nil
}
