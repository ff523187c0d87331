package chat_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// counting is how many rooms' stories are told. A campaign tells more:
// go test ./chat -run CountsOfEveryDevice -counting 5000.
var counting = flag.Int("counting", 60, "stories of some hundred operations")

var (
	me    = events.Person{ID: chat.NewID(), Name: "me"}
	other = events.Person{ID: chat.NewID(), Name: "other"}
	third = events.Person{ID: chat.NewID(), Name: "third"}
	tea   = chat.NewID()
)

// talk is a room's log, and beside it, in other words, what happened: the model
// counts from these and shares nothing with Tally.
type talk struct {
	seqs  []uint64 // with holes: rooms share the numbers
	said  []events.Event
	facts []fact
}

type fact struct {
	what    string // "joined" by me, "posted", "edited", "deleted"; "" for all else
	seq, of uint64
	mine    bool
	mention bool // of me, by what it says
}

func (l *talk) end() uint64 {
	if len(l.seqs) == 0 {
		return 0
	}
	return l.seqs[len(l.seqs)-1]
}

func (l *talk) add(seq uint64, by events.Person, t events.Type, data any, f fact) {
	f.seq = seq
	l.seqs, l.said, l.facts = append(l.seqs, seq), append(l.said, events.New(t, chat.NewID(), tea, by, time.Now(), data)), append(l.facts, f)
}

// recount counts from scratch what I have not read, as the log says up to a
// sequence.
func (l *talk) recount(read, upTo uint64) (c chat.Counts) {
	type message struct{ mine, mention, gone bool }
	messages := map[uint64]*message{}
	c.Since = read
	for _, f := range l.facts {
		if f.seq > upTo {
			break
		}
		switch c.At = f.seq; f.what {
		case "joined":
			c.Since = max(c.Since, f.seq)
		case "posted":
			messages[f.seq] = &message{mine: f.mine, mention: f.mention}
		case "edited":
			messages[f.of].mention = f.mention
		case "deleted":
			messages[f.of].gone = true
		}
	}
	for seq, m := range messages {
		if seq <= c.Since || m.mine || m.gone {
			continue
		}
		if c.Unread++; m.mention {
			c.Mentioned = append(c.Mentioned, seq)
		}
	}
	slices.Sort(c.Mentioned)
	return c
}

// counted is what an edge says that has heard the log up to a sequence, with
// tables that are true up to another: rows, and the log after them.
func (l *talk) counted(read, offset, upTo uint64) chat.Counts {
	rows := l.recount(read, min(offset, upTo))
	const bound = 100_000 // edges count further than clients see
	tally := chat.NewTally(me.ID, bound, read, rows)
	for i, seq := range l.seqs {
		if seq > offset && seq <= upTo {
			tally.Event(seq, l.said[i])
		}
	}
	doubts := tally.Doubts()
	for _, f := range l.facts {
		if f.what == "deleted" && f.seq <= offset {
			doubts = slices.DeleteFunc(doubts, func(seq uint64) bool { return seq == f.of })
		}
	}
	tally.Settle(doubts)
	return tally.Counts()
}

// device is one of my clients: it has heard the log up to a sequence, and so many
// of my markers.
type device struct {
	*chat.Tally
	heard, markers int
}

// marker is what the log of read markers has: what an edge counted, if it could.
type marker struct {
	read   uint64
	counts chat.Counts
	known  bool
}

// story is a room that I read on several devices, at edges that hear of it
// sooner or later.
type story struct {
	talk
	devices []*device
	markers []marker
	asked   int
}

// lists gives a device a fresh list of rooms.
func (s *story) lists(t *rapid.T, d *device) {
	read := uint64(0)
	for _, m := range s.markers {
		read = max(read, m.read)
	}
	counts := s.counted(read, s.some(t, "offset"), s.end())
	if d.Tally == nil {
		d.Tally = chat.NewTally(me.ID, chat.UnreadCounted, read, counts)
		d.heard, d.markers = len(s.seqs), len(s.markers)
		return
	}
	d.Counted(read, counts)
}

// some is a sequence that the log has reached.
func (s *story) some(t *rapid.T, what string) uint64 {
	if len(s.seqs) == 0 {
		return 0
	}
	return rapid.OneOf(rapid.Just(s.end()), rapid.SampledFrom(s.seqs)).Draw(t, what)
}

// message draws one that was posted; false if there is none.
func (s *story) message(t *rapid.T) (f fact, ok bool) {
	var all []fact
	for _, f := range s.facts[max(0, len(s.facts)-300):] {
		if f.what == "posted" {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return f, false
	}
	return all[len(all)-1-rapid.IntRange(0, len(all)-1).Draw(t, "back")], true
}

func (s *story) deleted(seq uint64) bool {
	return slices.ContainsFunc(s.facts, func(f fact) bool { return f.what == "deleted" && f.of == seq })
}

// said says whom a message names, and whether I am among them.
func said(t *rapid.T) (people []events.Person, mention bool) {
	switch rapid.IntRange(0, 3).Draw(t, "names") {
	case 0:
		return []events.Person{third, me}, true
	case 1:
		return []events.Person{third}, false
	default:
		return nil, false
	}
}

// happens adds an event to the log.
func (s *story) happens(t *rapid.T, what string) {
	seq := s.end() + 1 + uint64(rapid.IntRange(0, 2).Draw(t, "hole"))
	switch what {
	case "post":
		by, crowd := other, ""
		if rapid.IntRange(0, 5).Draw(t, "mine") == 0 {
			by = me
		}
		people, mention := said(t)
		if rapid.IntRange(0, 9).Draw(t, "crowd") == 0 {
			crowd, mention = "room", true
		}
		s.add(seq, by, events.MessagePosted, events.MessagePostedData{Mentions: people, Crowd: crowd}, fact{what: "posted", mine: by == me, mention: mention})
	case "edit": // also of what was deleted a moment before
		f, ok := s.message(t)
		if !ok {
			return
		}
		people, mention := said(t)
		by, crowd := other, ""
		if f.mine {
			by = me
		}
		if data, _ := events.DataOf[events.MessagePostedData](s.said[slices.Index(s.seqs, f.seq)]); data.Crowd != "" {
			crowd, mention = data.Crowd, true
		}
		s.add(seq, by, events.MessageEdited, events.MessageEditedData{Seq: f.seq, Mentions: people, Crowd: crowd}, fact{what: "edited", of: f.seq, mention: mention})
	case "delete": // once
		f, ok := s.message(t)
		if !ok || s.deleted(f.seq) {
			return
		}
		author := other
		if f.mine {
			author = me
		}
		s.add(seq, third, events.MessageDeleted, events.MessageDeletedData{Seq: f.seq, User: author}, fact{what: "deleted", of: f.seq})
	case "join":
		s.add(seq, me, events.MemberJoined, events.MemberJoinedData{User: me, Again: true}, fact{what: "joined"})
	case "another joins":
		s.add(seq, third, events.MemberJoined, events.MemberJoinedData{User: third}, fact{})
	}
}

// reads marks as read what a device has heard, or a part of it. The edge that
// takes it may have heard less or more; or it cannot count.
func (s *story) reads(t *rapid.T, d *device) {
	if d.heard == 0 {
		return
	}
	m := marker{read: s.seqs[d.heard-1-min(d.heard-1, rapid.IntRange(0, 30).Draw(t, "scrolled back"))]}
	if m.known = rapid.IntRange(0, 9).Draw(t, "counts") > 0; m.known {
		upTo := max(m.read, s.some(t, "the edge heard"))
		m.counts = s.counted(m.read, s.some(t, "offset"), upTo).Clipped()
		m.counts.At = max(m.counts.At, m.read)
	}
	s.markers = append(s.markers, m)
}

// hears brings a device the next events and markers, of each in its order.
func (s *story) hears(d *device, evs, markers int) {
	for ; evs > 0 && d.heard < len(s.seqs); evs-- {
		d.Event(s.seqs[d.heard], s.said[d.heard])
		d.heard++
	}
	for ; markers > 0 && d.markers < len(s.markers); markers-- {
		if m := s.markers[d.markers]; m.known {
			d.Counted(m.read, m.counts)
		} else {
			d.Marked(m.read)
		}
		d.markers++
	}
}

// agrees compares what a device shows with a count from scratch. A device that
// knows that it cannot tell asks for the list.
func (s *story) agrees(t *rapid.T, d *device) {
	if d.Ask {
		s.asked++
		s.lists(t, d)
		if d.Ask {
			t.Fatalf("the list did not help")
		}
	}
	got := d.Counts()
	want := s.recount(d.Read, got.At).Clipped()
	if got.Unread != want.Unread || !slices.Equal(got.Mentioned, want.Mentioned) {
		t.Fatalf("read up to %d, heard up to %d: unread %d, mentions %v; want %d, %v", d.Read, got.At, got.Unread, got.Mentioned, want.Unread, want.Mentioned)
	}
}

// The counts that each device derives equal, after every step, a count from
// scratch of all that they are true for; and when all have heard everything, all
// devices show the same.
func TestTheCountsOfEveryDeviceEqualARecountAlways(t *testing.T) {
	steps, asked := 0, 0
	_ = errors.Join(flag.Set("rapid.checks", fmt.Sprint(*counting)), flag.Set("rapid.nofailfile", "true"))
	rapid.Check(t, func(t *rapid.T) {
		s := &story{}
		for range rapid.IntRange(0, 150).Draw(t, "before") { // more than is counted
			s.happens(t, "post")
		}
		for range rapid.IntRange(1, 3).Draw(t, "devices") {
			d := &device{}
			s.lists(t, d)
			s.devices = append(s.devices, d)
		}
		rarely := rapid.IntRange(1, 40).Draw(t, "reads rarely")
		for range rapid.IntRange(1, 250).Draw(t, "steps") {
			d := rapid.SampledFrom(s.devices).Draw(t, "device")
			switch what := rapid.SampledFrom([]string{"post", "post", "post", "edit", "delete", "hear", "hear", "hear", "read", "list", "rarely"}).Draw(t, "what"); what {
			case "hear":
				s.hears(d, rapid.IntRange(0, 4).Draw(t, "events"), rapid.IntRange(0, 2).Draw(t, "markers"))
			case "read":
				if rapid.IntRange(1, rarely).Draw(t, "reads") == 1 {
					s.reads(t, d)
				}
			case "list":
				if rapid.IntRange(0, 5).Draw(t, "lists") == 0 {
					s.lists(t, d)
				}
			case "rarely":
				s.happens(t, rapid.SampledFrom([]string{"join", "another joins", "post"}).Draw(t, "what rarely"))
			default:
				s.happens(t, what)
			}
			for _, d := range s.devices {
				s.agrees(t, d)
			}
			steps++
		}
		for _, d := range s.devices {
			s.hears(d, len(s.seqs), len(s.markers))
			s.agrees(t, d)
			if first := s.devices[0]; d.Counts().Unread != first.Counts().Unread || !slices.Equal(d.Counts().Mentioned, first.Counts().Mentioned) {
				t.Fatalf("two devices differ: %+v, %+v", first.Counts(), d.Counts())
			}
		}
		asked += s.asked
	})
	t.Logf("%d operations, after %d of which a device asked for the list", steps, asked)
}
