package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// erased waits until the log has forgotten what was deleted, and adds to its
// entries where those were that it has forgotten.
func (k *run) erased(ctx context.Context, e *laws.Evidence) error {
	for {
		rows, err := k.Postgres.Query("SELECT count(*) FROM erasures WHERE done IS NULL")
		if err == nil && rows[0][0] == "0" {
			break
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			k.breaks("recovery", fmt.Sprintf("deleted messages are still to be erased from the log: %v, %v", rows, err))
			break
		}
	}
	if err := k.readLog(e); err != nil {
		return err
	}
	rows, err := k.Postgres.Query("SELECT seq, room_id, id FROM erasures WHERE NOT kept")
	if err != nil {
		return err
	}
	left := map[uint64]bool{}
	for _, entry := range e.Chat {
		left[entry.Seq] = true
	}
	for _, row := range rows {
		if seq := parse64(row[0]); !left[seq] {
			e.Chat = append(e.Chat, laws.Entry{Seq: seq, Scope: row[1], ID: row[2], Gone: true})
		}
	}
	slices.SortFunc(e.Chat, func(a, b laws.Entry) int { return int(a.Seq) - int(b.Seq) })
	return nil
}

// readShown reads what the workshop's messages say in the end: in the tables, and
// in history at every edge.
func (k *run) readShown(ctx context.Context, e *laws.Evidence) error {
	shop := &k.town.shop
	rows, err := k.Postgres.Query("SELECT seq, type, coalesce(current, envelope) FROM events WHERE type IN ('message.posted', 'message.erased') AND room_id = '" + shop.room + "'")
	if err != nil {
		return err
	}
	e.Shown = map[string]map[uint64]string{"tables": {}}
	for _, row := range rows {
		text, err := wordsOf(chat.Item{Event: []byte(row[2])})
		if err != nil {
			return err
		}
		e.Shown["tables"][parse64(row[0])] = text
	}
	for _, url := range k.town.urls {
		var items []chat.Item
		err := client.Retry(ctx, func() (err error) { items, err = shop.menders[1].At(url).WholeHistory(ctx, shop.room, 100); return err })
		if err != nil {
			return fmt.Errorf("read history at %s: %w", url, err)
		}
		e.Shown[url] = map[uint64]string{}
		for _, item := range items {
			ev, err := events.Decode(item.Event)
			if err == nil && (ev.Type == events.MessagePosted || ev.Type == events.MessageErased) {
				e.Shown[url][item.Seq], err = wordsOf(item)
			}
			if err != nil {
				return err
			}
		}
	}
	reactions, err := k.Postgres.Query("SELECT target, user_id, emoji FROM reactions WHERE room_id = '" + shop.room + "'")
	e.Reactions = map[string]bool{}
	for _, row := range reactions {
		e.Reactions[row[0]+" "+row[1]+" "+row[2]] = true
	}
	return err
}

// readWords looks for the words of the workshop in every table and every stream.
func (k *run) readWords(e *laws.Evidence) error {
	pattern := draftWord + "[0-9a-f-]{36}"
	e.Words = map[string][]string{}
	tables, err := k.Postgres.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
	if err != nil {
		return err
	}
	for _, table := range tables {
		rows, err := k.Postgres.Query(fmt.Sprintf("SELECT DISTINCT m[1] FROM (SELECT regexp_matches(t::text, '%s', 'g') m FROM %q t) found", pattern, table[0]))
		if err != nil {
			return err
		}
		for _, row := range rows {
			e.Words["table "+table[0]] = append(e.Words["table "+table[0]], row[0])
		}
	}
	word := regexp.MustCompile(pattern)
	for _, s := range events.Streams {
		entries, err := k.Entries(s)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			for _, found := range word.FindAll(entry.Body, -1) {
				e.Words["stream "+string(s)] = append(e.Words["stream "+string(s)], string(found))
			}
		}
	}
	return nil
}
