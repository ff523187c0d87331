package laws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	tea = "room-tea"
	ann = "user-ann"
	bob = "user-bob"
	eve = "user-eve" // who leaves and comes back
)

// quiet is a campaign in which nothing went wrong: ann posts "0" to "4" over
// one connection, the second with a mention of bob and at two attempts, bob
// follows, eve is away during "2" and "3", something corrupt was put in between.
func quiet() *Evidence {
	e := &Evidence{
		Markers: map[string]uint64{tea + " " + bob: 9}, Members: map[string]bool{tea + " " + ann: true, tea + " " + bob: true, tea + " " + eve: true},
		Counts: map[string]int{tea: 3}, Dead: []DeadLetter{{events.Chat, "persister-chat", 4, "no event"}, {events.Chat, "notifier-chat", 4, "no event"}},
		Before: map[string]Resources{"edge-1": {100, 50, 1 << 20, 0}, "nats-1": {100, 50, 1 << 20, 4}},
		After:  map[string]Resources{"edge-1": {110, 52, 2 << 20, 0}, "nats-1": {100, 50, 1 << 20, 4}},
	}
	e.enter(1, events.MemberJoined, ann)
	e.enter(2, events.MemberJoined, bob)
	e.enter(3, events.MemberJoined, eve)
	e.Chat = append(e.Chat, Entry{Seq: 4, Scope: tea, Bad: true})
	e.record(Record{Client: "fault", Op: Corrupt, Room: tea, Seq: 4, Outcome: OK})
	e.record(Record{Client: "bob-1", Op: Follow, Outcome: OK, User: bob, Room: tea, Seq: 3, Whole: true})
	e.record(Record{Client: "bob-bell", Op: Listen, Outcome: OK, User: bob})
	for i, seq := range []uint64{5, 6, 8, 9, 11} {
		switch seq {
		case 8:
			e.enter(7, events.MemberLeft, eve)
			e.see("bob-1", bob, 7)
		case 11:
			e.enter(10, events.MemberJoined, eve)
			e.see("bob-1", bob, 10)
		}
		e.post(seq, i)
	}
	e.see("eve-1", eve, 11)
	e.page(bob, 11, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11)
	e.History[len(e.History)-1].Whole = true
	e.record(Record{Client: "bob", Op: Mark, Outcome: OK, User: bob, Room: tea, Seq: 9})
	e.Reads = []Entry{{Seq: 1, Scope: tea, Actor: bob, ID: "read-1", Type: events.ReadMarked, Upto: 8}, {Seq: 2, Scope: tea, Actor: bob, ID: "read-2", Type: events.ReadMarked, Upto: 9}}
	e.record(Record{Client: "tables", Op: Marker, User: bob, Room: tea, Seq: 8})
	e.record(Record{Client: "tables", Op: Marker, User: bob, Room: tea, Seq: 9})
	e.record(Record{Client: "persister-chat", Op: Offset, Seq: 8})
	e.record(Record{Client: "persister-chat", Op: Offset, Seq: 11})
	e.record(Record{Client: "out", Op: Logout, Outcome: OK, Session: "s1"})
	e.record(Record{Client: "out", Op: See, Outcome: OK, Session: "s1", Conn: "c9", Room: "other"})
	e.History = e.History[:len(e.History)-1] // a delivery needs a log; the tests add their own
	e.record(Record{Client: "out", Op: Use, Outcome: Fail, Session: "s1"})
	e.record(Record{Client: "out", Op: Closed, Session: "s1", Conn: "c9"})
	e.record(Record{Client: "old", Op: Redeem, Outcome: OK, Session: "s2", Seq: 2})
	e.record(Record{Client: "old", Op: Redeem, Outcome: Fail, Session: "s2", Seq: 1, Note: "stale"})
	e.record(Record{Client: "old", Op: Redeem, Outcome: Fail, Session: "s2", Seq: 2})
	return e
}

func id(seq uint64) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", seq) }

func sum(seq uint64) string { return fmt.Sprint("sum ", seq) }

// record adds one line, a millisecond after the one before.
func (e *Evidence) record(r Record) {
	r.Start = int64(len(e.History)) * 1000
	r.End = r.Start + 500
	e.History = append(e.History, r)
}

func (e *Evidence) enter(seq uint64, t events.Type, user string) {
	entry := Entry{Seq: seq, Scope: tea, ID: id(seq), Type: t, Actor: user, About: user, Sum: sum(seq)}
	e.Chat = append(e.Chat, entry)
	e.Rows = append(e.Rows, Row{seq, tea, entry.ID})
}

func (e *Evidence) see(client, user string, seq uint64) {
	e.record(Record{Client: client, Op: See, Outcome: OK, User: user, Room: tea, Seq: seq, Message: id(seq), Sum: sum(seq)})
}

func (e *Evidence) page(user string, position uint64, seqs ...uint64) {
	var sums []string
	for _, seq := range seqs {
		sums = append(sums, sum(seq))
	}
	e.record(Record{Client: user, Op: History, Outcome: OK, User: user, Room: tea, Seqs: seqs, Seq: position, Sum: SumOf(sums)})
}

func (e *Evidence) post(seq uint64, i int) {
	p := Record{Client: "ann-1", Op: Post, Outcome: OK, User: ann, Room: tea, Key: fmt.Sprint("key-", i), Text: fmt.Sprint(i),
		Message: id(seq), Seq: seq, Conn: "c1", Try: 1}
	entry := Entry{Seq: seq, Scope: tea, ID: p.Message, Type: events.MessagePosted, Actor: ann, Key: p.Key, Text: p.Text, Sum: sum(seq)}
	if i == 1 {
		lost := p
		lost.Outcome, lost.Message, lost.Seq = Info, "", 0
		e.record(lost)
		p.Try, p.Conn = 2, "c2"
		entry.tells("mention", bob)
		n := Entry{Seq: 1, Scope: bob, ID: chat.NotificationID(bob, entry.ID, "mention"), Type: events.Notified, About: entry.ID, Kind: "mention", Upto: seq}
		e.Notify = append(e.Notify, n, Entry{Seq: 2, Scope: events.NotifierCursor, ID: "cursor-1", Type: events.CursorMoved, Upto: seq})
		e.Notifications = append(e.Notifications, Row{1, bob, n.ID})
		e.record(Record{Client: "bob-bell", Op: Ring, Outcome: OK, User: bob, Seq: 1, Message: n.ID})
	}
	e.record(p)
	e.Chat = append(e.Chat, entry)
	e.Rows = append(e.Rows, Row{seq, tea, entry.ID})
	e.see("bob-1", bob, seq)
}

// find returns the place of the first record for which ok is true.
func (e *Evidence) find(ok func(Record) bool) int { return slices.IndexFunc(e.History, ok) }

func (e *Evidence) drop(ok func(Record) bool) { e.History = slices.DeleteFunc(e.History, ok) }

func saw(client string, seq uint64) func(Record) bool {
	return func(r Record) bool { return r.Op == See && r.Client == client && r.Seq == seq }
}

func TestAQuietCampaignBreaksNoLaw(t *testing.T) {
	for _, v := range Check(quiet()) {
		t.Error(v)
	}
}

// plant is what one checker is there to find.
type plant struct {
	law, what string
	plant     func(e *Evidence)
	also      string // laws that the same fact breaks, too
}

// planted expects that each is found in the campaign, and by no other law.
func planted(t *testing.T, campaign func() *Evidence, plants []plant) {
	for _, c := range plants {
		t.Run(c.law+" "+c.what, func(t *testing.T) {
			e := campaign()
			c.plant(e)
			found := false
			for _, v := range Check(e) {
				if v.Law == c.law && strings.Contains(v.What, c.what) {
					found = true
				} else if v.Law != c.law && !strings.Contains(c.also, v.Law+" ") {
					t.Errorf("not planted: %s", v)
				}
			}
			if !found {
				t.Errorf("%s did not find that something %q; found: %v", c.law, c.what, Check(e))
			}
		})
	}
}

// TestEachLawIsSeenBroken plants, in an otherwise quiet campaign, what each
// checker is there to find: it must find it, and show it.
func TestEachLawIsSeenBroken(t *testing.T) {
	hour := int64(3600e6)
	planted(t, quiet, []plant{
		{"I1", "not in the log", func(e *Evidence) { e.Chat = slices.DeleteFunc(e.Chat, func(x Entry) bool { return x.Seq == 9 }) }, "I3 I6 "},
		{"I1", "has no row", func(e *Evidence) { e.Rows = slices.DeleteFunc(e.Rows, func(r Row) bool { return r.Seq == 9 }) }, "I14 "},
		{"I1", "never reached bob-1", func(e *Evidence) { e.drop(saw("bob-1", 11)) }, ""},
		{"I2", "in the log twice", func(e *Evidence) {
			twin := e.Chat[len(e.Chat)-1]
			twin.Seq = 12
			e.Chat = append(e.Chat, twin)
		}, "I14 "},
		{"I2", "one key is two messages", func(e *Evidence) {
			twin := e.Chat[len(e.Chat)-1]
			twin.Seq, twin.ID = 12, id(12)
			e.Chat, e.Rows = append(e.Chat, twin), append(e.Rows, Row{12, tea, id(12)})
		}, ""},
		{"I2", "two rows", func(e *Evidence) { e.Rows = append(e.Rows, Row{4, tea, id(5)}) }, "I3 I4 I14 "},
		{"I2", "two answers", func(e *Evidence) {
			e.record(Record{Client: "ann-1", Op: Post, Outcome: OK, User: ann, Room: tea, Key: "key-0", Text: "0", Message: id(6), Seq: 6, Try: 2})
		}, ""},
		{"I2", "delivered twice", func(e *Evidence) { e.see("bob-1", bob, 11) }, "I4 "},
		{"I3", "nobody sent", func(e *Evidence) { e.Chat[len(e.Chat)-1].Text = "other" }, ""},
		{"I3", "delivered is no event", func(e *Evidence) { e.see("eve-1", eve, 44) }, ""},
		{"I3", "stored is no event", func(e *Evidence) { e.Rows = append(e.Rows, Row{44, tea, id(44)}) }, ""},
		{"I4", "another order", func(e *Evidence) {
			i := e.find(saw("bob-1", 8))
			j := e.find(saw("bob-1", 9))
			e.History[i], e.History[j] = e.History[j], e.History[i]
		}, "I5 "},
		{"I4", "another event", func(e *Evidence) { e.History[e.find(saw("eve-1", 11))].Message = id(9) }, ""},
		{"I4", "tables have another", func(e *Evidence) { e.Rows[0].Scope = "elsewhere" }, ""},
		{"I4", "not ascending", func(e *Evidence) {
			e.page(eve, 11, 11, 11)
		}, ""},
		{"I4", "other words", func(e *Evidence) { e.History[e.find(saw("eve-1", 11))].Sum = "another" }, ""},
		{"I5", "hole", func(e *Evidence) { e.drop(saw("bob-1", 7)) }, ""},
		{"I5", `for "membership"`, func(e *Evidence) {
			e.record(Record{Client: "bob-1", Op: Reset, User: bob, Room: tea, Seq: 11, Code: "membership"})
		}, ""},
		{"I5", `reset 2 of eve-1 for "membership"`, func(e *Evidence) {
			for range 2 {
				e.record(Record{Client: "eve-1", Op: Reset, User: eve, Room: tea, Seq: 11, Code: "membership"})
			}
		}, ""},
		{"I5", `for "future"`, func(e *Evidence) {
			e.record(Record{Client: "fault", Op: Fault, Note: "partition-nats: 7 packets were lost"})
			e.record(Record{Client: "bob-1", Op: Reset, User: bob, Room: tea, Seq: 11, Code: "future"})
		}, ""},
		{"I5", `reset 2 of bob-1 for "hole"`, func(e *Evidence) {
			e.record(Record{Client: "fault", Op: Fault, Note: "partition-nats: 7 packets were lost"})
			for range 2 {
				e.record(Record{Client: "bob-1", Op: Reset, User: bob, Room: tea, Seq: 11, Code: "hole"})
			}
		}, ""},
		{"I5", `of bob-bell for "hole"`, func(e *Evidence) {
			e.record(Record{Client: "fault", Op: Fault, Note: "kill-postgres: it did not answer"})
			e.record(Record{Client: "bob-bell", Op: Reset, User: bob, Seq: 1, Code: "hole"})
		}, ""},
		{"I6", "does not have", func(e *Evidence) { e.page(bob, 11, 10, 11, 44) }, ""},
		{"I6", "does not have", func(e *Evidence) { e.page(bob, 11, 4, 5, 6, 7, 8, 9, 10, 11) }, ""},
		{"I6", "does not have", func(e *Evidence) {
			e.Chat = append(e.Chat, Entry{Seq: 12, Scope: "room-other", ID: id(12), Sum: sum(12)})
			e.Rows = append(e.Rows, Row{12, "room-other", id(12)})
			e.page(bob, 12, 10, 11, 12)
		}, ""},
		{"I6", "something else", func(e *Evidence) {
			e.page(bob, 11, 10, 11)
			e.History[len(e.History)-1].Sum = "another"
		}, ""},
		{"I6", "another order", func(e *Evidence) {
			i := e.find(func(r Record) bool { return r.Op == Post && r.Seq == 8 })
			j := e.find(func(r Record) bool { return r.Op == Post && r.Seq == 9 })
			e.History[i].Start, e.History[j].Start = e.History[j].Start, e.History[i].Start
		}, ""},
		{"I6", "ends before", func(e *Evidence) {
			e.page(eve, 6, 5)
		}, ""},
		{"I6", "has a hole", func(e *Evidence) {
			e.page(bob, 11, 8, 10, 11)
		}, ""},
		{"I7", "told twice", func(e *Evidence) {
			twin := e.Notify[0]
			twin.Seq = 3
			e.Notify = append(e.Notify, twin)
			e.Notifications = append(e.Notifications, Row{3, bob, twin.ID})
			e.record(Record{Client: "bob-bell", Op: Ring, User: bob, Seq: 3, Message: twin.ID})
		}, "zombie "},
		{"I7", "did not concern", func(e *Evidence) { e.Chat[5].Tells = nil }, ""},
		{"I7", "nobody was told", func(e *Evidence) { e.Chat[6].Tells = []string{"direct " + eve} }, ""},
		{"I7", "has no row", func(e *Evidence) { e.Notifications = nil }, ""},
		{"I7", "not in the log", func(e *Evidence) { e.Notifications = append(e.Notifications, Row{7, bob, "n"}) }, ""},
		{"I7", "never reached the stream", func(e *Evidence) { e.drop(func(r Record) bool { return r.Op == Ring }) }, ""},
		{"I7", "repeated itself", func(e *Evidence) {
			e.record(Record{Client: "bob-bell", Op: Ring, User: bob, Seq: 1, Message: e.Notify[0].ID})
		}, ""},
		{"I7", "no notification of user-bob", func(e *Evidence) {
			e.Notify[0].Scope, e.Notifications[0].Scope = eve, eve // shown to bob all the same
		}, ""},
		{"I7", "no notification of user-bob", func(e *Evidence) {
			e.record(Record{Client: "bob-bell", Op: Ring, User: bob, Seq: 9, Message: "from nowhere"})
		}, ""},
		{"I8", "differs", func(e *Evidence) { e.Rebuilt = []string{"events differs in 1 row"} }, ""},
		{"I9", "could still act", func(e *Evidence) {
			e.record(Record{Client: "out", Op: Use, Outcome: OK, Session: "s1"})
			e.History[len(e.History)-1].Start += hour
		}, ""},
		{"I9", "outlived", func(e *Evidence) {
			e.History[e.find(func(r Record) bool { return r.Op == Closed })].Start += hour
		}, ""},
		{"I9", "was delivered", func(e *Evidence) {
			e.record(Record{Client: "out", Op: Ring, Session: "s1", Conn: "c9", User: "nobody", Seq: 1})
			e.History[len(e.History)-1].Start += hour
		}, ""},
		{"I9", "never ended", func(e *Evidence) { e.record(Record{Client: "out", Op: Use, Outcome: Fail, Session: "s1", Conn: "c10"}) }, ""},
		{"I10", "what became of a message", func(e *Evidence) {
			e.Chat = append(e.Chat, Entry{Seq: 12, Scope: tea, ID: id(12), Type: events.MessageEdited, Of: 8})
			e.see("eve-1", eve, 12)
		}, "I4 I14 amended "},
		{"I10", "who was away", func(e *Evidence) {
			i := e.find(saw("eve-1", 11))
			r := e.History[i]
			r.Seq, r.Message, r.Sum = 8, id(8), sum(8)
			e.History = slices.Insert(e.History, i, r, Record{Client: "eve-1", Op: Reset, User: eve, Room: tea, Seq: 10, Code: "membership"})
		}, ""},
		{"I10", "history showed", func(e *Evidence) {
			e.page(eve, 11, 9, 10, 11)
		}, ""},
		{"I11", "disagree", func(e *Evidence) { delete(e.Members, tea+" "+bob); e.Counts[tea] = 2 }, ""},
		{"I11", "counts 4 members", func(e *Evidence) { e.Counts[tea] = 4 }, ""},
		{"I12", "was redeemed", func(e *Evidence) {
			e.record(Record{Client: "old", Op: Redeem, Outcome: OK, Session: "s3", Note: "stale"})
		}, ""},
		{"I12", "outlived", func(e *Evidence) { e.record(Record{Client: "old", Op: Redeem, Outcome: OK, Session: "s2", Seq: 2}) }, ""},
		{"I13", "went back", func(e *Evidence) { e.record(Record{Client: "tables", Op: Marker, User: bob, Room: tea, Seq: 5}) }, ""},
		{"I13", "is lost", func(e *Evidence) {
			e.record(Record{Client: "bob", Op: Mark, Outcome: OK, User: bob, Room: tea, Seq: 11})
		}, ""},
		{"I13", "not the greatest", func(e *Evidence) { e.Markers[tea+" "+bob] = 10 }, ""},
		{"I14", "neither", func(e *Evidence) { e.Dead = nil }, ""},
		{"I14", "stored and buried", func(e *Evidence) { e.Rows = append(e.Rows, Row{4, tea, id(4)}) }, "I3 I4 "},
		{"I14", "for no cause", func(e *Evidence) { e.Dead = append(e.Dead, DeadLetter{events.Chat, "notifier-chat", 6, "slow"}) }, ""},
		{"I14", "buried 2 of READS for no cause", func(e *Evidence) {
			e.Dead = append(e.Dead, DeadLetter{events.Reads, "persister-reads", 2, "slow"})
		}, ""},
		{"I14", "buried 4 of READS for no cause", func(e *Evidence) { // CHAT's 4 was corrupted
			e.Dead = append(e.Dead, DeadLetter{events.Reads, "persister-reads", 4, "slow"})
		}, ""},
		{"I15", "goroutines", func(e *Evidence) { e.After["edge-1"] = Resources{Goroutines: 200} }, ""},
		{"I15", "descriptors", func(e *Evidence) { e.After["edge-1"] = Resources{Descriptors: 200} }, ""},
		{"I15", "memory", func(e *Evidence) { e.After["edge-1"] = Resources{Memory: 1 << 30} }, ""},
		{"I15", "consumers", func(e *Evidence) { e.After["nats-1"] = Resources{Consumers: 5} }, ""},
		{"zombie", "went back", func(e *Evidence) { e.record(Record{Client: "persister-chat", Op: Offset, Seq: 9}) }, ""},
		{"zombie", "cursor went back", func(e *Evidence) {
			e.Notify = append(e.Notify, Entry{Seq: 3, Scope: events.NotifierCursor, ID: "cursor-2", Type: events.CursorMoved, Upto: 5})
		}, ""},
	})
}

func TestAResetBeforeAHoleIsNoGap(t *testing.T) {
	e := quiet()
	i := e.find(saw("bob-1", 8))
	e.History = slices.Delete(e.History, i, i+1)
	e.History = slices.Insert(e.History, i, Record{Client: "fault", Op: Fault, Note: "stop-nats: nats-1 stands still"},
		Record{Client: "bob-1", Op: Reset, User: bob, Room: tea, Seq: 8, Code: "hole"})
	for _, v := range contiguous(e) {
		t.Error(v)
	}
}

func TestAStreamMayStartOverAfterAReset(t *testing.T) {
	e := quiet()
	e.record(Record{Client: "bob-bell", Op: Reset, Outcome: OK, User: bob, Seq: 0, Code: "future"})
	e.record(Record{Client: "bob-bell", Op: Ring, Outcome: OK, User: bob, Seq: 1, Message: e.Notify[0].ID})
	for _, v := range told(e) {
		t.Error(v)
	}
}

func TestAWarningAboutAnAccountOwesNothingToTheCursor(t *testing.T) {
	e := quiet()
	e.Notify = append(e.Notify, Entry{Seq: 3, Scope: bob, ID: "warning", Type: events.Notified})
	for _, v := range fenced(e) {
		t.Error(v)
	}
}

func TestALineOfTheHistoryHasTheMembersThatToolsExpect(t *testing.T) {
	raw, err := json.Marshal(Record{Client: "ann-1", Op: Post, Start: 1, End: 2, Outcome: Info, Try: 1})
	if want := `{"client":"ann-1","op":"post","start":1,"end":2,"type":"info","try":1}`; err != nil || string(raw) != want {
		t.Errorf("got %s, %v, want %s", raw, err, want)
	}
}

func TestWhoCameBackHasNoHoleWhereAnOldMessageWasEdited(t *testing.T) {
	for of, holes := range map[uint64]int{8: 0, 11: 1} { // said before eve came back, and after
		e := quiet()
		e.Chat = append(e.Chat, Entry{Seq: 12, Scope: tea, ID: id(12), Type: events.MessageEdited, Of: of}, Entry{Seq: 13, Scope: tea, ID: id(13), Type: events.MessagePosted})
		e.see("eve-1", eve, 13)
		if found := contiguous(e); len(found) != holes {
			t.Errorf("an edit of %d: %v", of, found)
		}
	}
}
