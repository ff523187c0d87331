package chat

import (
	"slices"

	"github.com/natter-chat/natter/events"
)

// The rule by which unread messages and mentions are counted. It is stated here
// once: edges count by it, docs/protocol.md tells it to clients, and tests
// compare both with a count from scratch.
//
// Unread are the messages of others after one's marker and one's joining that
// are not deleted. A message mentions whom its newest version names; one to the
// whole room mentions every reader, and an edit does not change that.

// Counts are what somebody has not read of a room.
type Counts struct {
	Since     uint64   // unread are messages after it: the marker, or one's joining if that was later
	At        uint64   // every event of the room up to here is counted
	Unread    int      // counted to a bound: as many as it means that or more
	Mentioned []uint64 // the messages of those that mention the reader, ascending: the newest, to the bound
}

// Clipped returns the counts to the bound that clients see, UnreadCounted.
func (c Counts) Clipped() Counts {
	c.Unread = min(c.Unread, UnreadCounted)
	if n := len(c.Mentioned); n > UnreadCounted {
		c.Mentioned = c.Mentioned[n-UnreadCounted:]
	}
	return c
}

// Tally counts a room for one reader: from counts that it is given, by the
// room's events and the reader's markers.
type Tally struct {
	Reader string // user id
	Bound  int    // of the counts that it is given
	Read   uint64 // the reader's marker
	// Ask says that what happened cannot be told from what is known: the counts
	// must be asked for anew. Until then they may be wrong.
	Ask bool

	seen    uint64 // the newest event
	amended uint64 // the newest edit or deletion
	base    Counts
	fresh   []freshMessage  // of others after base.At, unread, ascending
	pointed map[uint64]bool // messages up to base.At that an edit has made mention the reader
	gone    map[uint64]bool // and those that were deleted since: a later edit, which was on its way, changes nothing
}

type freshMessage struct {
	seq     uint64
	mention bool
}

// NewTally begins with counts for a marker.
func NewTally(reader string, bound int, read uint64, counts Counts) *Tally {
	return &Tally{Reader: reader, Bound: bound, Read: read, base: counts}
}

// Counts returns what is unread now.
func (t *Tally) Counts() Counts {
	c := Counts{Since: t.floor(), At: max(t.base.At, t.seen), Unread: t.base.Unread + len(t.fresh), Mentioned: slices.Clone(t.base.Mentioned)}
	for _, m := range t.fresh {
		if m.mention {
			c.Mentioned = append(c.Mentioned, m.seq)
		}
	}
	return c.Clipped()
}

// Doubts returns the messages up to the given counts that an edit has made
// mention the reader, unless they had been deleted before: see Settle.
func (t *Tally) Doubts() []uint64 {
	var all []uint64
	for seq := range t.pointed {
		all = append(all, seq)
	}
	slices.Sort(all)
	return all
}

// Settle is told which of the doubts are unread messages.
func (t *Tally) Settle(unread []uint64) {
	t.base.Mentioned = append(slices.Clone(t.base.Mentioned), unread...)
	slices.Sort(t.base.Mentioned)
	t.pointed, t.Ask = nil, false
}

// Counted takes counts for a marker: of a list of rooms, or of one's own read
// marker. An older marker, and counts that end before those at hand for the
// same one, tell nothing new.
func (t *Tally) Counted(read uint64, c Counts) {
	switch {
	case read < t.Read, read == t.Read && c.At < t.base.At:
		return
	case c.At < t.base.At && read < t.base.At:
		t.Marked(read)
		return
	case c.At < t.base.At:
		c = Counts{Since: read, At: t.base.At} // all that was only counted is read
	}
	// An edit or deletion that was heard since may be of what is only counted now.
	t.restart(c)
	t.Read, t.Ask = read, c.At < t.amended
	t.fresh = slices.DeleteFunc(t.fresh, func(m freshMessage) bool { return m.seq <= max(c.At, read) })
}

// Marked takes a marker of the reader's without counts. Markers only grow.
func (t *Tally) Marked(read uint64) {
	if read <= t.Read {
		return
	}
	t.Read = read
	t.fresh = slices.DeleteFunc(t.fresh, func(m freshMessage) bool { return m.seq <= read })
	if t.base.Unread == 0 {
		return
	}
	if read < t.base.At {
		t.Ask = true
		return
	}
	t.restart(Counts{Since: read, At: t.base.At})
}

// Event takes the room's next event.
func (t *Tally) Event(seq uint64, ev events.Event) {
	if seq <= t.base.At {
		return
	}
	if t.seen = max(t.seen, seq); ev.Version > events.Version {
		return
	}
	if ev.Type == events.MessageEdited || ev.Type == events.MessageDeleted {
		t.amended = max(t.amended, seq)
	}
	switch ev.Type {
	case events.MemberJoined:
		if data, err := events.DataOf[events.MemberJoinedData](ev); err == nil && data.User.ID == t.Reader {
			t.joined(seq)
		}
	case events.MessagePosted:
		if ev.Actor.ID != t.Reader && seq > t.floor() {
			data, err := events.DataOf[events.MessagePostedData](ev)
			t.fresh = append(t.fresh, freshMessage{seq, err == nil && MentionsReader(t.Reader, data.Crowd, data.Mentions)})
		}
	case events.MessageEdited:
		if data, err := events.DataOf[events.MessageEditedData](ev); err == nil && ev.Actor.ID != t.Reader {
			t.edited(data.Seq, MentionsReader(t.Reader, data.Crowd, data.Mentions))
		}
	case events.MessageDeleted:
		if data, err := events.DataOf[events.MessageDeletedData](ev); err == nil && data.User.ID != t.Reader {
			t.deleted(data.Seq)
		}
	}
}

// MentionsReader reports whether a message of somebody else mentions the reader.
func MentionsReader(reader, crowd string, mentions []events.Person) bool {
	return crowd == CrowdRoom || slices.ContainsFunc(mentions, func(p events.Person) bool { return p.ID == reader })
}

// floor is up to where nothing is unread.
func (t *Tally) floor() uint64 { return max(t.Read, t.base.Since) }

// restart counts from c on.
func (t *Tally) restart(c Counts) { t.base, t.pointed, t.gone = c, nil, nil }

// joined begins at one's own joining: what was said before is not unread.
func (t *Tally) joined(seq uint64) {
	t.restart(Counts{Since: seq, At: seq})
	t.fresh, t.Ask = nil, false
}

// edited notes whether a message mentions the reader now.
func (t *Tally) edited(seq uint64, mention bool) {
	if seq <= t.floor() || t.gone[seq] {
		return
	}
	if seq > t.base.At {
		if i := t.freshAt(seq); i >= 0 {
			t.fresh[i].mention = mention
		}
		return
	}
	known := slices.Index(t.base.Mentioned, seq)
	switch {
	case mention && known < 0:
		if t.pointed == nil {
			t.pointed = map[uint64]bool{}
		}
		t.pointed[seq], t.Ask = true, true
	case !mention && known >= 0:
		t.unmention(known)
	case !mention:
		delete(t.pointed, seq)
		if len(t.base.Mentioned) >= t.Bound { // an older one may have been among those not listed
			t.Ask = true
		}
	}
}

// deleted takes a message away. In the log it happens once.
func (t *Tally) deleted(seq uint64) {
	if seq <= t.floor() {
		return
	}
	if seq > t.base.At {
		if i := t.freshAt(seq); i >= 0 {
			t.fresh = slices.Delete(t.fresh, i, i+1)
		}
		return
	}
	if t.base.Unread >= t.Bound {
		t.Ask = true // how many more there were, nobody said
		return
	}
	if t.gone == nil {
		t.gone = map[uint64]bool{}
	}
	t.gone[seq] = true
	t.base.Unread = max(t.base.Unread-1, 0)
	delete(t.pointed, seq)
	if known := slices.Index(t.base.Mentioned, seq); known >= 0 {
		t.unmention(known)
	}
}

// unmention takes one of the listed mentions away. Where the list was full,
// another comes to light.
func (t *Tally) unmention(known int) {
	if len(t.base.Mentioned) >= t.Bound {
		t.Ask = true
	}
	t.base.Mentioned = slices.Delete(slices.Clone(t.base.Mentioned), known, known+1)
}

func (t *Tally) freshAt(seq uint64) int {
	return slices.IndexFunc(t.fresh, func(m freshMessage) bool { return m.seq == seq })
}
