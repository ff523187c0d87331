package laws

import (
	"fmt"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Evidence is all that a campaign leaves behind.
type Evidence struct {
	History []Record // in the order of Start, for each client
	Chat    []Entry  // CHAT, ascending
	Reads   []Entry
	Notify  []Entry
	Audit   []Entry

	Rows          []Row             // events
	Notifications []Row             // notifications; Row.Scope is the user
	Markers       map[string]uint64 // room and user → sequence
	Members       map[string]bool   // room and user, of who is a member
	Counts        map[string]int    // room → rooms.member_count
	Dead          []DeadLetter
	Reactions     map[string]bool // target, user and emoji of the room that has Edits

	// Shown is what its messages say in the end, by where and sequence, "" where
	// they are deleted; Words are their versions' that were found, by where.
	Shown map[string]map[uint64]string
	Words map[string][]string

	Rebuilt []string             // what differed when the tables were rebuilt
	Before  map[string]Resources // by process, at rest before the load
	After   map[string]Resources // at rest after it
}

// Entry is an entry of the log with what the checkers look at.
type Entry struct {
	Seq   uint64
	Scope string // of its subject: room, user
	Bad   bool   // no event
	Gone  bool   // erased, with what was deleted: nothing but ID is known
	ID    string
	Type  events.Type
	Actor string
	Key   string   // message.posted, message.edited
	Text  string   // message.posted, message.edited
	Sum   string   // of what it says
	Tells []string // whom it obliges to notify, as "kind user"
	About string   // who joined or left; id of a notification's source
	Kind  string   // of a notification
	Upto  uint64   // read.marked, notification.created (of its source), cursor.moved
	Of    uint64   // what an amendment amends
	Rev   uint64   // of the room, after a change of members or settings
	Cap   int      // room.changed: how many members it may have, 0 for any
}

// Row is a row of events or notifications.
type Row struct {
	Seq   uint64
	Scope string
	ID    string
}

// DeadLetter is a row of dead_letters.
type DeadLetter struct {
	Stream   events.Stream
	Consumer string
	Seq      uint64
	Reason   string
}

// Resources are what a process holds.
type Resources struct {
	Goroutines, Descriptors, Memory, Consumers float64
}

// FromLog reads an entry of the log.
func FromLog(raw events.Entry) Entry {
	e := Entry{Seq: raw.Seq, Scope: raw.Subject[len(raw.Stream.Prefix()):]}
	ev, err := raw.Event()
	if err != nil {
		e.Bad = true
		return e
	}
	e.ID, e.Type, e.Actor, e.Sum, e.Of = ev.ID, ev.Type, ev.Actor.ID, Sum(ev), chat.Target(raw.Seq, ev)
	switch ev.Type {
	case events.MessagePosted:
		data, _ := events.DataOf[events.MessagePostedData](ev)
		e.Key, e.Text = data.Key, data.Text
		for _, p := range data.Mentions {
			e.tells("mention", p.ID)
		}
		if data.Direct != nil {
			e.tells("direct", data.Direct.ID)
		}
	case events.SecurityNoted:
		if data, _ := events.DataOf[events.SecurityNotedData](ev); data.Kind == events.NotedRefreshReuse {
			e.tells("security", ev.Scope)
		}
	case events.MessageEdited:
		data, _ := events.DataOf[events.MessageEditedData](ev)
		e.Key, e.Text = data.Key, data.Text
	case events.RoomChanged:
		data, _ := events.DataOf[events.RoomChangedData](ev)
		e.Rev, e.Cap = data.Rev, data.Capacity
	case events.MemberChanged:
		data, _ := events.DataOf[events.MemberChangedData](ev)
		e.Rev = data.Rev
	case events.MemberInvited:
		data, _ := events.DataOf[events.MemberInvitedData](ev)
		e.tells("invitation", data.User.ID)
	case events.MemberJoined:
		data, _ := events.DataOf[events.MemberJoinedData](ev)
		e.About, e.Rev = data.User.ID, data.Rev
	case events.MemberLeft:
		data, _ := events.DataOf[events.MemberLeftData](ev)
		e.About, e.Rev = data.User.ID, data.Rev
	case events.ReadMarked:
		data, _ := events.DataOf[events.ReadMarkedData](ev)
		e.Upto = data.Seq
	case events.Notified:
		data, _ := events.DataOf[events.NotifiedData](ev)
		e.About, e.Kind, e.Upto = data.Source, data.Kind, data.Seq
	case events.CursorMoved:
		data, _ := events.DataOf[events.CursorMovedData](ev)
		e.Upto = data.Seq
	}
	return e
}

func (e *Entry) tells(kind, user string) {
	if user != e.Actor {
		e.Tells = append(e.Tells, kind+" "+user)
	}
}

func (e Entry) String() string {
	switch {
	case e.Bad:
		return fmt.Sprintf("%d in %s: no event", e.Seq, e.Scope)
	case e.Gone:
		return fmt.Sprintf("%d in %s: %s, erased", e.Seq, e.Scope, e.ID)
	}
	return fmt.Sprintf("%d in %s: %s %s by %s %s", e.Seq, e.Scope, e.Type, e.ID, e.Actor, e.Text)
}

// rooms returns CHAT's events room by room, ascending, without what is none.
func (e *Evidence) rooms() map[string][]Entry {
	rooms := map[string][]Entry{}
	for _, entry := range e.Chat {
		if !entry.Bad {
			rooms[entry.Scope] = append(rooms[entry.Scope], entry)
		}
	}
	return rooms
}

// bySeq returns entries by sequence.
func bySeq(entries []Entry) map[uint64]Entry {
	m := make(map[uint64]Entry, len(entries))
	for _, e := range entries {
		m[e.Seq] = e
	}
	return m
}
