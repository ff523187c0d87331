package cluster

import (
	"fmt"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// notifications compares NOTIFY with its rows.
func (a *Audit) notifications(c *Cluster) (err error) {
	if a.Notify, err = c.EntriesAfter(events.Notify, c.base[events.Notify]); err != nil {
		return err
	}
	rows, err := c.Postgres.Query(fmt.Sprintf("SELECT seq, user_id, id, md5(envelope) FROM notifications WHERE seq > %d", c.base[events.Notify]))
	if err != nil {
		return err
	}
	have := keyed(rows)
	for _, e := range a.Notify {
		ev, err := e.Event()
		if err != nil || ev.Type != events.Notified || a.buried("persister-notify", e.Seq) {
			continue
		}
		want := []string{fmt.Sprint(e.Seq), ev.Scope, ev.ID, hash(e.Body)}
		if row := have[want[0]]; !slices.Equal(row, want) {
			a.wrong("NOTIFY %d is stored as %q, want %q", e.Seq, row, want)
		}
		delete(have, want[0])
	}
	for seq := range have {
		a.wrong("the notification's row %s is not in the log", seq)
	}
	return nil
}

// owed compares NOTIFY with what the events of CHAT oblige the notifier to:
// exactly one notification for each recipient, event and kind.
func (a *Audit) owed(c *Cluster) error {
	want := map[string]string{} // id → for what
	for _, e := range a.Chat {
		ev, err := e.Event()
		if err != nil || a.buried("notifier-chat", e.Seq) {
			continue
		}
		for user, kind := range recipients(ev) {
			want[chat.NotificationID(user, ev.ID, kind)] = fmt.Sprintf("%s of %s for CHAT %d", kind, user, e.Seq)
		}
	}
	seen := map[string]uint64{}
	for _, e := range a.Notify {
		ev, err := e.Event()
		if err != nil || ev.Type != events.Notified {
			continue
		}
		if first, twice := seen[ev.ID]; twice {
			a.wrong("the notification %s came twice, as %d and %d (%s)", ev.ID, first, e.Seq, want[ev.ID])
		}
		if data, err := events.DataOf[events.NotifiedData](ev); want[ev.ID] == "" && (err != nil || data.Seq > c.base[events.Chat]) {
			a.wrong("NOTIFY %d was owed to nobody", e.Seq)
		}
		seen[ev.ID] = e.Seq
	}
	for id, what := range want {
		if seen[id] == 0 {
			a.wrong("nobody was notified: %s", what)
		}
	}
	return nil
}

// recipients says who must be told of an event, and how: whom an invitation
// names, the other person of a direct room, whom a message mentions.
func recipients(ev events.Event) map[string]string {
	told := map[string]string{}
	switch ev.Type {
	case events.MemberInvited:
		if data, err := events.DataOf[events.MemberInvitedData](ev); err == nil {
			told[data.User.ID] = "invitation"
		}
	case events.MessagePosted:
		data, err := events.DataOf[events.MessagePostedData](ev)
		if err != nil {
			return nil
		}
		for _, p := range data.Mentions {
			told[p.ID] = "mention"
		}
		if data.Direct != nil {
			told[data.Direct.ID] = "direct"
		}
	}
	delete(told, ev.Actor.ID)
	return told
}
