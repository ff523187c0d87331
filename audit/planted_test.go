package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/jetstream"
)

// finds audits and compares: the kinds that were found, each once, and a
// sentence that tells what.
func (w *world) finds(o Options, sentence string, kinds ...Kind) {
	w.Helper()
	o.Told = true
	report := w.auditWith(o)
	var found []Kind
	for _, k := range Kinds {
		for range report.Kinds[k] {
			found = append(found, k)
		}
	}
	slices.Sort(found)
	slices.Sort(kinds)
	if !slices.Equal(found, kinds) || report.OK() != (len(kinds) == 0) {
		w.Errorf("it found %q, want %q: %v", found, kinds, report.Err())
	}
	if err := report.Err(); err != nil && !strings.Contains(err.Error(), sentence) {
		w.Errorf("nothing says %q: %v", sentence, err)
	}
}

// projected are the tables that a case may change beside rooms and members.
var projected = []string{"events", "mentions", "read_markers", "notifications", "dead_letters", "audit", "offsets"}

// putBack undoes what a case did to the tables.
func (w *world) putBack() {
	w.Helper()
	for _, table := range projected {
		w.exec("DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM was_" + table)
	}
	w.exec("DELETE FROM outbox; UPDATE rooms r SET member_count = w.member_count FROM was_rooms w WHERE w.id = r.id;" +
		"UPDATE members m SET joined_seq = w.joined_seq FROM was_members w WHERE w.room_id = m.room_id AND w.user_id = m.user_id")
}

func TestWhatIsWrongInTheTablesIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	w.rest()
	w.standAtTheEnds() // behind the notifier's last cursor, which has no row
	for _, table := range append(projected, "rooms", "members") {
		w.exec("CREATE TABLE was_" + table + " AS TABLE " + table)
	}
	someID := chat.NewID()
	for _, c := range []struct {
		what, do, sentence string
		kinds              []Kind
	}{
		{"a row is gone", "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events WHERE type = 'message.posted')", "neither a row nor a dead letter", []Kind{Missing}},
		{"a row has other bytes", "UPDATE events SET envelope = envelope || ' ' WHERE seq = 8", "CHAT 8", []Kind{Changed}},
		{"a row has another id", "UPDATE events SET id = '" + someID + "' WHERE seq = 8", someID, []Kind{Changed}},
		{"a row has another type", "UPDATE events SET type = 'message.pasted' WHERE seq = 8", "message.pasted", []Kind{Changed}},
		{"a row has another actor", "UPDATE events SET actor_id = NULL WHERE seq = 8", "CHAT 8", []Kind{Changed}},
		{"a row has another time", "UPDATE events SET at = at + interval '1 ms' WHERE seq = 8", "CHAT 8", []Kind{Changed}},
		{"a row stands in another room", "UPDATE events SET room_id = '" + someID + "' WHERE seq = 8", someID, []Kind{Changed}},
		{"a second row at a sequence", "INSERT INTO events SELECT '" + someID + "', seq, '" + someID + "', type, actor_id, at, envelope FROM events WHERE seq = 8", someID, []Kind{Stray}},
		{"a row beyond the offset", "INSERT INTO events SELECT room_id, 1000, '" + someID + "', type, actor_id, at, envelope FROM events WHERE seq = 8", "CHAT 1000", []Kind{Offset}},
		{"a row beyond the log", "INSERT INTO events SELECT room_id, 1000, '" + someID + "', type, actor_id, at, envelope FROM events WHERE seq = 8; UPDATE offsets SET seq = 1001 WHERE consumer = 'persister-chat'", "applied it up to 1001", []Kind{Offset, Stray}},
		{"the offset went back", "UPDATE offsets SET seq = seq - 1 WHERE stream = 'CHAT'", "true up to", []Kind{Offset}},
		{"an offset of another life", "UPDATE offsets SET incarnation = '0badcafe' WHERE stream = 'READS'", "0badcafe", []Kind{Offset}},
		{"buried and stored", "INSERT INTO dead_letters SELECT consumer, stream, incarnation, 8, subject, convert_to((SELECT envelope FROM events WHERE seq = 8), 'UTF8'), reason, at FROM dead_letters WHERE stream = 'CHAT'", "could not be applied", []Kind{Both}},
		{"a dead letter is gone", "DELETE FROM dead_letters WHERE stream = 'CHAT'", "nobody can decode", []Kind{Missing}},
		{"a dead letter of READS is gone", "DELETE FROM dead_letters WHERE stream = 'READS'", "nobody can apply", []Kind{Missing}},
		{"a dead letter has other bytes", "UPDATE dead_letters SET body = 'x' WHERE stream = 'CHAT'", "other bytes", []Kind{Changed}},
		{"a mention is gone", "DELETE FROM mentions WHERE seq = (SELECT min(seq) FROM mentions)", "mentions of", []Kind{Mention}},
		{"a mention of somebody else", "INSERT INTO mentions SELECT '" + someID + "', room_id, seq FROM events WHERE seq = 8", someID, []Kind{Mention}},
		{"a mention where nothing is", "INSERT INTO mentions SELECT '" + someID + "', room_id, 1000 FROM events WHERE seq = 8", someID, []Kind{Stray}},
		{"a marker is behind", "UPDATE read_markers SET seq = seq - 1", "has read up to", []Kind{Marker}},
		{"a marker is ahead", "UPDATE read_markers SET seq = seq + 1", "has read up to", []Kind{Marker}},
		{"a marker is gone", "DELETE FROM read_markers", "nothing of it", []Kind{Marker}},
		{"a marker of somebody else", "INSERT INTO read_markers SELECT room_id, '" + someID + "', 1 FROM read_markers", someID, []Kind{Marker}},
		{"a notification is gone", "DELETE FROM notifications WHERE kind = 'direct'", "nobody was told", []Kind{Missing, Untold}},
		{"a notification is of another kind", "UPDATE notifications SET kind = 'mention' WHERE kind = 'direct'", "direct", []Kind{Changed}},
		{"a notification is of another room", "UPDATE notifications SET room_id = NULL WHERE kind = 'direct'", "NOTIFY", []Kind{Changed}},
		{"a notification has other bytes", "UPDATE notifications SET envelope = envelope || ' ' WHERE kind = 'direct'", "NOTIFY", []Kind{Changed}},
		{"a notification from nowhere", "INSERT INTO notifications SELECT user_id, seq + 1, '" + someID + "', kind, room_id, source_id, at, read, envelope FROM notifications WHERE kind = 'direct'", someID, []Kind{Stray}},
		{"read, and was not", "UPDATE notifications SET read = true WHERE kind = 'direct'", "the tables say that it was read: true", []Kind{Unread}},
		{"not read, and was", "UPDATE notifications SET read = false WHERE kind = 'invitation'", "the tables say that it was read: false", []Kind{Unread}},
		{"what happened is gone", "DELETE FROM audit WHERE kind = 'login' AND seq = (SELECT max(seq) FROM audit WHERE kind = 'login')", "AUDIT", []Kind{Missing}},
		{"what happened has other bytes", "UPDATE audit SET envelope = envelope || ' ' WHERE seq = 1", "AUDIT 1", []Kind{Changed}},
		{"what happened is of another kind", "UPDATE audit SET kind = 'signap' WHERE seq = 1", "signap", []Kind{Changed}},
		{"what happened concerns somebody else", "UPDATE audit SET user_id = '" + someID + "' WHERE seq = 1", someID, []Kind{Changed}},
		{"what never happened", "INSERT INTO audit SELECT seq + 1000, '" + someID + "', user_id, kind, at, envelope FROM audit WHERE seq = 1", "AUDIT 1001", []Kind{Offset}},
		{"a warning is gone", "DELETE FROM notifications WHERE kind = 'security'", "nobody was told", []Kind{Missing, Untold}},
		{"a member came in elsewhere", "UPDATE members SET joined_seq = joined_seq + 1 WHERE joined_seq = (SELECT max(joined_seq) FROM members)", "joined there", []Kind{Member}},
		{"a room counts wrongly", "UPDATE rooms SET member_count = member_count + 1 WHERE kind = 'private'", "list of members", []Kind{Member}},
		{"something waits for long", "INSERT INTO outbox (subject, event, trace, created) VALUES ('chat." + someID + "', '{}', '', now() - interval '61 s')", "waits to be published", []Kind{LeftInBox}},
		{"something waits", "INSERT INTO outbox (subject, event, trace) VALUES ('chat." + someID + "', '{}', '')", "", nil},
	} {
		t.Logf("planted: %s", c.what)
		w.exec(c.do)
		w.finds(Options{}, c.sentence, c.kinds...)
		w.putBack()
	}
	w.finds(Options{}, "")
}
