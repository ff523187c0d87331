package laws

import (
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/events"
)

const (
	shop = "room-shop" // where ann edits, deletes and reacts
	club = "room-club" // which has two places
)

// changed is a quiet campaign in which messages were changed, people came into a
// full room and were removed, and bob was seen to go.
func changed() *Evidence {
	e := quiet()
	e.say(20, Entry{Type: events.MessagePosted, Key: "k20", Text: "draft-a"}, Record{Op: Post, Key: "k20", Text: "draft-a"})
	e.say(21, Entry{Type: events.MessagePosted, Key: "k21", Text: "draft-b"}, Record{Op: Post, Key: "k21", Text: "draft-b"})
	e.say(22, Entry{Type: events.MessageEdited, Key: "k22", Text: "draft-c", Of: 20}, Record{Op: Edit, Key: "k22", Text: "draft-c", Target: 20})
	e.say(23, Entry{Type: events.MessageReacted, Of: 20}, Record{Op: React, Key: "👍", Note: "on", Target: 20})
	e.say(24, Entry{Type: events.MessageDeleted, Of: 21}, Record{Op: Delete, Target: 21})
	e.Chat[e.place(21)] = Entry{Seq: 21, Scope: shop, ID: id(21), Gone: true}
	e.record(Record{Client: "bob", Op: Show, Outcome: OK, User: bob, Room: shop, Target: 20, Text: "draft-c"})
	e.record(Record{Client: "bob", Op: Show, Outcome: OK, User: bob, Room: shop, Target: 21})
	e.record(Record{Client: "bob", Op: See, Outcome: OK, User: bob, Room: shop, Seq: 20, Message: id(20), Sum: "as edited", Text: "draft-c"})
	e.Shown = map[string]map[uint64]string{"tables": {20: "draft-c", 21: ""}, "edge-1": {20: "draft-c", 21: ""}}
	e.Words = map[string][]string{"table events": {"draft-a", "draft-c"}, "stream CHAT": {"draft-a", "draft-c"}}
	e.Reactions = map[string]bool{"20 " + ann + " 👍": true}

	e.turn(30, events.RoomChanged, "", 2)
	e.turn(31, events.MemberJoined, ann, 0)
	e.turn(32, events.MemberJoined, bob, 0)
	e.turn(33, events.MemberLeft, bob, 0)
	e.turn(34, events.MemberJoined, eve, 0)
	e.Members[club+" "+ann], e.Members[club+" "+eve], e.Counts[club] = true, true, 2
	e.record(Record{Client: "bob", Op: Poll, Outcome: OK, User: bob, Room: club, Seqs: []uint64{32, 33}})

	e.record(Record{Client: "ann", Op: Come, Outcome: OK, User: ann})
	e.record(Record{Client: "bob", Op: Come, Outcome: OK, User: bob})
	e.record(Record{Client: "probe", Op: Stand, Room: tea, Code: Sees})
	e.record(Record{Client: "probe", Op: Stand, Room: tea, User: ann, Code: "here"})
	e.record(Record{Client: "probe", Op: Stand, Room: tea, User: bob, Code: "here"})
	e.record(Record{Client: "bob", Op: Go, Outcome: OK, User: bob})
	e.record(Record{Client: "probe", Op: Stand, Room: tea, User: bob, Code: "offline"})
	e.later(8 * time.Second)
	e.record(Record{Client: "roll", Op: Roll, Room: tea})
	e.later(time.Minute)
	return e
}

// say adds what ann said or changed in the workshop, and its acknowledgement.
func (e *Evidence) say(seq uint64, entry Entry, r Record) {
	entry.Seq, entry.Scope, entry.ID, entry.Actor = seq, shop, id(seq), ann
	e.Chat = append(e.Chat, entry)
	e.Rows = append(e.Rows, Row{seq, shop, entry.ID})
	r.Client, r.Outcome, r.User, r.Room, r.Message, r.Seq, r.Try = "ann", OK, ann, shop, entry.ID, seq, 1
	e.record(r)
}

// turn adds a change of the club.
func (e *Evidence) turn(seq uint64, t events.Type, about string, places int) {
	e.Chat = append(e.Chat, Entry{Seq: seq, Scope: club, ID: id(seq), Type: t, About: about, Rev: seq - 29, Cap: places})
	e.Rows = append(e.Rows, Row{seq, club, id(seq)})
}

// later moves the last record.
func (e *Evidence) later(d time.Duration) {
	last := &e.History[len(e.History)-1]
	last.Start, last.End = last.Start+d.Microseconds(), last.End+d.Microseconds()
}

func (e *Evidence) place(seq uint64) int {
	return slices.IndexFunc(e.Chat, func(x Entry) bool { return x.Seq == seq })
}

func op(op Op, user string) func(Record) bool {
	return func(r Record) bool { return r.Op == op && r.User == user }
}

func TestAQuietCampaignWithChangesBreaksNoLaw(t *testing.T) {
	for _, v := range Check(changed()) {
		t.Error(v)
	}
	if took := Ghosts(changed()); len(took) != 1 || took[0].Round(time.Second) != 8*time.Second {
		t.Errorf("bob was seen for %v after his going, want 8 s", took)
	}
}

func TestEachLawAboutChangesIsSeenBroken(t *testing.T) {
	planted(t, changed, []plant{
		{"I4", "other words", func(e *Evidence) {
			e.History[e.find(func(r Record) bool { return r.Op == See && r.Room == shop })].Text = "draft-z"
		}, ""},
		{"I10", "poll showed", func(e *Evidence) { e.History[e.find(op(Poll, bob))].Seqs = []uint64{33, 34} }, ""},
		{"I10", "search showed", func(e *Evidence) {
			e.record(Record{Client: "bob", Op: Search, Outcome: OK, User: bob, Room: club, Seqs: []uint64{34}})
		}, ""},
		{"I11", "3 people are in a room of 2", func(e *Evidence) {
			e.turn(35, events.MemberJoined, bob, 0)
			e.Members[club+" "+bob], e.Counts[club] = true, 3
		}, ""},
		{"I11", "revision 4 of a room came after 2", func(e *Evidence) { e.Chat[e.place(32)].Rev = 0 }, ""},
		{"amended", "tables show \"draft-a\"", func(e *Evidence) { e.Shown["tables"][20] = "draft-a" }, ""},
		{"amended", "edge-1 show a message that is deleted", func(e *Evidence) { e.Shown["edge-1"][21] = "draft-b" }, ""},
		{"amended", "edge-1 lack", func(e *Evidence) { delete(e.Shown["edge-1"], 20) }, ""},
		{"amended", "not in the log at its sequence", func(e *Evidence) {
			e.record(Record{Client: "ann", Op: Delete, Outcome: OK, User: ann, Room: shop, Target: 20, Seq: 40, Message: id(40)})
		}, ""},
		{"amended", "another change", func(e *Evidence) { e.Chat[e.place(22)].Text = "draft-z" }, "I4 "},
		{"amended", "nobody asked", func(e *Evidence) { e.Chat[e.place(23)].Actor = bob }, ""},
		{"amended", "an older version", func(e *Evidence) {
			e.record(Record{Client: "bob", Op: Show, Outcome: OK, User: bob, Room: shop, Target: 20, Text: "draft-a"})
		}, ""},
		{"amended", "what was deleted before", func(e *Evidence) {
			e.record(Record{Client: "bob", Op: Show, Outcome: OK, User: bob, Room: shop, Target: 21, Text: "draft-b"})
		}, ""},
		{"amended", "nobody had asked for", func(e *Evidence) {
			e.record(Record{Client: "bob", Op: Show, Outcome: OK, User: bob, Room: shop, Target: 20})
		}, ""},
		{"amended", "a reaction is stored: false", func(e *Evidence) { clear(e.Reactions) }, ""},
		{"forgotten", "still in table search", func(e *Evidence) { e.Words["table search"] = []string{"draft-b"} }, ""},
		{"forgotten", "still in stream DEAD", func(e *Evidence) { e.Words["stream DEAD"] = []string{"draft-b"} }, ""},
		{"presence", "a ghost was seen by probe", func(e *Evidence) {
			i := e.find(func(r Record) bool { return r.Op == Stand && r.Code == "offline" })
			e.History[i].Start += (3 * time.Second).Microseconds()
		}, ""},
		{"presence", "a ghost was seen by probe", func(e *Evidence) {
			e.record(Record{Client: "probe", Op: Stand, Room: tea, User: bob, Code: "here"})
			e.later(time.Minute)
		}, ""},
		{"presence", "does not see somebody", func(e *Evidence) {
			e.drop(func(r Record) bool { return r.Op == Stand && r.User == ann })
		}, ""},
		{"presence", "does not see somebody", func(e *Evidence) {
			roll := e.History[len(e.History)-1]
			blind := Record{Client: "probe", Op: Stand, Room: tea, Code: Blind, Start: roll.Start - 1, End: roll.Start - 1}
			e.History = slices.Insert(e.History, len(e.History)-1, blind)
		}, ""},
	})
}

func TestAGhostIsExcusedByAFaultThatDeafens(t *testing.T) {
	for name, excused := range map[string]bool{"stop-edge": true, "kill-persister": false, "lose-edge": false} {
		e := changed()
		i := e.find(func(r Record) bool { return r.Op == Stand && r.Code == "offline" })
		struck := e.History[i]
		e.History[i].Start += (4 * time.Second).Microseconds()
		struck.Client, struck.User, struck.Op, struck.Note, struck.Code = "fault", "", Fault, name+": it hit", ""
		healed := struck
		healed.Op = Heal
		e.History = slices.Insert(e.History, i, struck, healed)
		if found := present(e); (len(found) == 0) != excused {
			t.Errorf("%s: found %v", name, found)
		}
	}
}
