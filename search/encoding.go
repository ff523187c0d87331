package search

import (
	"encoding/binary"
	"errors"
)

// How a part is written: numbers as unsigned varints, and of what ascends the
// differences. For each term
//
//	2 × (the term − the one before), place                        if one message has it,
//	2 × (the term − the one before) + 1, count, place, place …    otherwise.
//
// Rooms is, for each room, its id, the number of bytes of what follows, place, place …

// firstOf is the lowest term that a part can have.
func firstOf(part int) Term { return Term(part) << (TermBits - partBits) }

var errPart = errors.New("a part of the search index cannot be read")

// encode writes postings in ascending order.
func encode(postings []posting) []byte {
	if len(postings) == 0 {
		return nil
	}
	out := make([]byte, 0, 4*len(postings))
	for last := firstOf(postings[0].term().Part()); len(postings) > 0; {
		t, n := postings[0].term(), 1
		for n < len(postings) && postings[n].term() == t {
			n++
		}
		head := uint64(t-last) << 1
		if n == 1 {
			out = binary.AppendUvarint(out, head)
		} else {
			out = binary.AppendUvarint(binary.AppendUvarint(out, head|1), uint64(n))
		}
		before := uint16(0)
		for _, p := range postings[:n] {
			out = binary.AppendUvarint(out, uint64(p.place()-before))
			before = p.place()
		}
		last, postings = t, postings[n:]
	}
	return out
}

// decode calls each with every term of a part and its places, which are each's
// until it returns.
func decode(part int, encoded []byte, each func(t Term, places []uint16)) error {
	in := input{encoded, true}
	var places []uint16
	for t := firstOf(part); len(in.left) > 0 && in.ok; {
		head, n := in.number(), uint64(1)
		t += Term(head >> 1)
		if head&1 == 1 {
			n = in.number()
		}
		if n > uint64(len(in.left)) { // each place takes a byte
			return errPart
		}
		places = in.places(places[:0], int(n))
		each(t, places)
	}
	if !in.ok {
		return errPart
	}
	return nil
}

// Places appends where in a piece a term is, of which encoded is the part.
func Places(to []uint16, t Term, encoded []byte) ([]uint16, error) {
	err := decode(t.Part(), encoded, func(of Term, places []uint16) {
		if of == t {
			to = append(to, places...)
		}
	})
	return to, err
}

func (r rooms) encode() (out []byte) {
	for _, room := range r {
		var places []byte
		before := uint16(0)
		for _, place := range room.places {
			places = binary.AppendUvarint(places, uint64(place-before))
			before = place
		}
		out = append(binary.AppendUvarint(append(out, room.id[:]...), uint64(len(places))), places...)
	}
	return out
}

// EachRoom calls wanted with every room of a piece, and each with the places of
// those that are, which are each's until it returns.
func EachRoom(encoded []byte, wanted func(ID) bool, each func(id ID, places []uint16)) error {
	var places []uint16
	for in := (input{encoded, true}); len(in.left) > 0; {
		if len(in.left) < len(ID{}) {
			return errPart
		}
		id := ID(in.left[:len(ID{})])
		in.left = in.left[len(id):]
		size := in.number()
		if !in.ok || size > uint64(len(in.left)) {
			return errPart
		}
		if wanted(id) {
			one := input{in.left[:size], true}
			for places = places[:0]; len(one.left) > 0 && one.ok; {
				places = one.place(places)
			}
			if !one.ok {
				return errPart
			}
			each(id, places)
		}
		in.left = in.left[size:]
	}
	return nil
}

func decodeRooms(encoded []byte) (all rooms, err error) {
	err = EachRoom(encoded, func(ID) bool { return true }, func(id ID, places []uint16) {
		all = append(all, roomPlaces{id, append([]uint16(nil), places...)})
	})
	return all, err
}

// input is what is left to be read.
type input struct {
	left []byte
	ok   bool
}

func (in *input) number() uint64 {
	if len(in.left) > 0 && in.left[0] < 0x80 { // nearly always
		n := in.left[0]
		in.left = in.left[1:]
		return uint64(n)
	}
	n, size := binary.Uvarint(in.left)
	if size <= 0 {
		in.left, in.ok = nil, false
		return 0
	}
	in.left = in.left[size:]
	return n
}

// place appends the next place.
func (in *input) place(to []uint16) []uint16 {
	before := uint16(0)
	if len(to) > 0 {
		before = to[len(to)-1]
	}
	return append(to, before+uint16(in.number()))
}

func (in *input) places(to []uint16, n int) []uint16 {
	for range n {
		to = in.place(to)
	}
	return to
}
