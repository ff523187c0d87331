package sql_test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// seqs returns the sequences of a page of AUDIT.
func (w *world) seqs(user string, to uint64, limit int) (seqs []uint64) {
	w.t.Helper()
	items, offset, err := w.Audit(w.t.Context(), user, to, limit)
	if wants(w.t, err, ""); offset != w.log.last(events.Audit) {
		w.t.Errorf("true up to %d, want %d", offset, w.log.last(events.Audit))
	}
	for _, item := range items {
		seqs = append(seqs, item.Seq)
	}
	return seqs
}

func TestWhatHappenedIsReadByPersonAndByAllFromItsRows(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob") // a sign-up and a log-in each
	w.flush(must[string](t)(w.NoteFailedLogins(t.Context(), ada.ID, 3, thief)))
	newer := events.New(events.SecurityNoted, chat.NewID(), bob.ID, bob, w.log.entries[0].Time, struct{}{})
	newer.Version++
	w.log.append(newer)
	w.fold()
	for name, c := range map[string]struct {
		user  string
		to    uint64
		limit int
		want  []uint64
	}{
		"ada's":             {ada.ID, 0, 9, []uint64{5, 2, 1}},
		"bob's":             {bob.ID, 0, 9, []uint64{6, 4, 3}},
		"the newest of all": {"", 0, 2, []uint64{6, 5}},
		"what is older":     {"", 5, 2, []uint64{4, 3}},
		"the end":           {ada.ID, 1, 9, nil},
		"a stranger's":      {chat.NewID(), 0, 9, nil},
	} {
		if got := w.seqs(c.user, c.to, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	noted := w.about(ada.ID)
	data := must[events.SecurityNotedData](t)(events.DataOf[events.SecurityNotedData](noted[len(noted)-1]))
	if want := (events.SecurityNotedData{Kind: "login_failed", Device: thief.Name, Address: thief.Address, Detail: "3"}); data != want {
		t.Errorf("noted %+v, want %+v", data, want)
	}
}

func TestANotificationAboutAnAccountIsInNoRoom(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	source := chat.NewID()
	warning := func(kind, room string) events.Event {
		return events.New(events.Notified, chat.NotificationID(ada.ID, source, kind), ada.ID, events.Person{}, w.log.entries[0].Time,
			events.NotifiedData{Kind: kind, Room: room, Source: source})
	}
	w.log.append(warning("security", ""))
	w.fold()
	items, unread, _, err := w.Notifications(t.Context(), ada.ID, 0, 9)
	if wants(t, err, ""); len(items) != 1 || unread != 1 {
		t.Errorf("%d notifications, %d unread", len(items), unread)
	}
	from := w.log.last(events.Notify)
	for i, ev := range []events.Event{warning("mention", ""), warning("security", "*")} { // such as no writer makes
		seq := w.log.append(ev).Seq
		if err := w.Projection(consumers[events.Notify]).Apply(t.Context(), w.log.batch(events.Notify, from+uint64(i), seq)); err == nil {
			t.Errorf("%s was stored", ev.Data)
		}
	}
	w.log.append(readUpTo(ada.ID, 1, ""))
}

func TestWhatHappenedIsForgottenWhenTheLogHasLongForgottenIt(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.login(ada)
	w.flush(events.Audit.Subject(ada.ID))
	w.fold()
	w.exec(`UPDATE audit SET at = now() - interval '399 days' WHERE seq = 1`)
	w.exec(`UPDATE audit SET at = now() - interval '401 days' WHERE seq = 2`)
	must[int64](t)(w.Prune(t.Context()))
	if got := w.seqs(ada.ID, 0, 9); !slices.Equal(got, []uint64{3, 1}) {
		t.Errorf("left are %v, want all but the second", got)
	}
}
