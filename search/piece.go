package search

import (
	"bytes"
	"slices"
)

// The index of a piece of the log says which messages have a term, for all of
// its terms. It comes in Parts, of which a question reads those of its terms,
// and Rooms, which says whose the messages are. Messages are told by their place
// in the piece.

// partBits says into how many parts the terms of a piece are divided: so many
// that one is read at once, and so few that a row costs little beside its bytes.
const partBits = 10

// Rooms is the part that has no terms but says in which room each message is.
const Rooms = -1

// MaxPlaces is how many messages a piece has at most.
const MaxPlaces = 1 << 16

// Part is the part in which a term is.
func (t Term) Part() int { return int(t >> (TermBits - partBits)) }

// ID is a room's.
type ID = [16]byte

// posting says that a message has a term. In ascending order they are by term,
// and then by place.
type posting uint64

func (p posting) term() Term    { return Term(p >> 16) }
func (p posting) place() uint16 { return uint16(p) }

func postingOf(t Term, place uint16) posting { return posting(t)<<16 | posting(place) }

// Piece is an index in the making.
type Piece struct {
	parts [1 << partBits][]posting
	rooms rooms
}

// Add adds a message. Places come in ascending order.
func (p *Piece) Add(place uint16, room ID, terms Packed) {
	for i := range terms.Len() {
		t := terms.At(i)
		p.parts[t.Part()] = append(p.parts[t.Part()], postingOf(t, place))
	}
	p.rooms.add(room, place)
}

// Parts calls each with every part that is not empty. The same messages give
// the same bytes.
func (p *Piece) Parts(each func(part int, encoded []byte)) {
	if len(p.rooms) > 0 {
		each(Rooms, p.rooms.encode())
	}
	for part, postings := range &p.parts {
		if len(postings) > 0 {
			slices.Sort(postings)
			each(part, encode(postings))
		}
	}
}

// Change is a message whose terms are others now. Without terms it is gone.
type Change struct {
	Place       uint16
	Room        ID
	Before, Now Packed
}

// Parts are those parts of its piece that it changes.
func (c Change) Parts() (all []int) {
	if len(c.Now) == 0 {
		all = append(all, Rooms)
	}
	for _, terms := range []Packed{c.Before, c.Now} {
		for i := range terms.Len() {
			all = append(all, terms.At(i).Part())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Apply returns a part of the piece as it is with the change; empty if nothing
// is left of it. It is the same as if the message had been added so.
func (c Change) Apply(part int, encoded []byte) ([]byte, error) {
	if part == Rooms {
		all, err := decodeRooms(encoded)
		if len(c.Now) == 0 {
			all.remove(c.Room, c.Place)
		}
		return all.encode(), err
	}
	var postings []posting
	err := decode(part, encoded, func(t Term, places []uint16) {
		for _, place := range places {
			if place != c.Place {
				postings = append(postings, postingOf(t, place))
			}
		}
	})
	for i := range c.Now.Len() {
		if t := c.Now.At(i); t.Part() == part {
			postings = append(postings, postingOf(t, c.Place))
		}
	}
	slices.Sort(postings)
	return encode(postings), err
}

// rooms are the messages of a piece by room.
type rooms []roomPlaces

type roomPlaces struct {
	id     ID
	places []uint16
}

func (r *rooms) find(id ID) (int, bool) {
	return slices.BinarySearchFunc(*r, id, func(of roomPlaces, id ID) int { return bytes.Compare(of.id[:], id[:]) })
}

func (r *rooms) add(id ID, place uint16) {
	i, known := r.find(id)
	if !known {
		*r = slices.Insert(*r, i, roomPlaces{id: id})
	}
	(*r)[i].places = append((*r)[i].places, place)
}

func (r *rooms) remove(id ID, place uint16) {
	i, known := r.find(id)
	if !known {
		return
	}
	left := slices.DeleteFunc((*r)[i].places, func(p uint16) bool { return p == place })
	if (*r)[i].places = left; len(left) == 0 {
		*r = slices.Delete(*r, i, i+1)
	}
}
