package test

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/events"
)

// projected are the tables that the log fills, with what orders their rows.
var projected = map[string]string{
	"events":        "seq",
	"mentions":      "user_id, room_id, seq",
	"read_markers":  "room_id, user_id",
	"notifications": "seq",
	"audit":         "seq",
	"dead_letters":  "stream, consumer, seq",
}

func TestTablesThatAreRebuiltFromTheLogAreTheSame(t *testing.T) {
	w := town(t)
	ann, ben := w.Person("ann").On(w.Edges[0]), w.Person("ben").On(w.Edges[1])
	room, direct := ann.Creates("tea"), ann.Opens(ben)
	ben.Joins(room)
	for range 20 {
		ann.Posts(room, "look, @"+ben.Name)
		last := ben.Posts(direct, "just us")
		ann.must("mark as read", ann.MarkRead(ann.ctx(), direct, last.Seq))
	}
	if _, err := w.NATS.PublishRaw(events.Chat.Subject(room), []byte("no event")); err != nil {
		t.Fatal(err)
	}
	audit(t, w.Cluster)
	list, err := ben.Notifications(ben.ctx(), "", 10)
	ben.must("list the notifications", err)
	ben.must("mark some as read", ben.ReadNotifications(ben.ctx(), list.Items[5].Seq, ""))
	audit(t, w.Cluster)
	before := w.contents()

	w.Away(t, w.Persisters)
	for table := range projected {
		w.query("TRUNCATE " + table)
	}
	w.query("DELETE FROM offsets")
	whole(t, w.Cluster)
	audit(t, w.Cluster)
	after := w.contents()
	for table := range projected {
		if before[table] != after[table] {
			t.Errorf("%s held %s, and %s when rebuilt", table, before[table], after[table])
		}
	}
}

// contents returns, for each projected table, how many rows it has and a hash
// of all of them.
func (w *Town) contents() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for table, order := range projected {
		rows := w.query(fmt.Sprintf("SELECT count(*) || ' rows ' || coalesce(md5(string_agg(t::text, '|' ORDER BY %s)), '') FROM %s t", order, table))
		all[table] = rows[0][0]
	}
	return all
}

func (w *Town) query(statement string) [][]string {
	w.t.Helper()
	rows, err := w.Postgres.Query(statement)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}
