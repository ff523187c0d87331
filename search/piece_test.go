package search_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/natter-chat/natter/search"
)

// said is a message of a piece.
type said struct {
	place uint16
	room  search.ID
	terms search.Packed
}

func partsOf(all []said) map[int][]byte {
	var piece search.Piece
	for _, m := range all {
		if len(m.terms) > 0 {
			piece.Add(m.place, m.room, m.terms)
		}
	}
	parts := map[int][]byte{}
	piece.Parts(func(part int, encoded []byte) { parts[part] = encoded })
	return parts
}

// some are messages with few different terms, at places that are far apart, too.
func some(r *rand.Rand) (all []said) {
	for place := r.IntN(3); place < search.MaxPlaces; place += 1 + r.IntN(2)*r.IntN(1000) {
		all = append(all, said{uint16(place), search.ID{byte(r.IntN(5))}, someTerms(r)})
	}
	return all
}

func someTerms(r *rand.Rand) search.Packed {
	return search.Pack(search.Terms(fmt.Sprint(r.IntN(3)), fmt.Sprintf("w%d 회의%d %s", r.IntN(300), r.IntN(9), []string{"deploy", "배포"}[r.IntN(2)])))
}

func TestAPieceSaysWhichMessagesHaveATermAndInWhichRoomTheyAre(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	all := some(r)
	parts := partsOf(all)
	for _, query := range []string{"회의", "deploy", "배포", "w17", "nothing", `"deploy 회의"`} {
		q, err := search.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range q.Terms() {
			var want []uint16
			for _, m := range all {
				if m.terms.HasAll([]search.Term{term}) {
					want = append(want, m.place)
				}
			}
			if got, err := search.Places(nil, term, parts[term.Part()]); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %d places, want %d, %v", query, len(got), len(want), err)
			}
		}
	}
	n := 0
	err := search.EachRoom(parts[search.Rooms], func(id search.ID) bool { return id[0] == 3 }, func(id search.ID, places []uint16) { n += len(places) })
	for _, m := range all {
		if m.room[0] == 3 {
			n--
		}
	}
	if err != nil || n != 0 {
		t.Errorf("room 3 has %d too many, %v", n, err)
	}
}

func TestAPieceThatWasChangedIsTheSameAsIfItHadBeenMadeSo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := some(r)
	parts := partsOf(all)
	for range 300 {
		m := &all[r.IntN(len(all))]
		if len(m.terms) == 0 {
			continue // what was deleted stays so
		}
		change := search.Change{Place: m.place, Room: m.room, Before: m.terms}
		if r.IntN(3) > 0 {
			change.Now = someTerms(r)
		}
		for _, part := range change.Parts() {
			encoded, err := change.Apply(part, parts[part])
			if err != nil {
				t.Fatal(err)
			}
			if parts[part] = encoded; len(encoded) == 0 {
				delete(parts, part)
			}
		}
		m.terms = change.Now
	}
	want := partsOf(all)
	if len(parts) != len(want) {
		t.Errorf("%d parts, want %d", len(parts), len(want))
	}
	for part, encoded := range want {
		if !bytes.Equal(parts[part], encoded) {
			t.Errorf("part %d differs", part)
		}
	}
}

func TestAPartThatIsDamagedIsAnErrorAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for part, encoded := range partsOf(some(r)) {
		for range 20 {
			damaged := bytes.Clone(encoded[:r.IntN(len(encoded)+1)])
			if len(damaged) > 0 {
				damaged[r.IntN(len(damaged))] ^= byte(1 << r.IntN(8))
			}
			if part == search.Rooms {
				_ = search.EachRoom(damaged, func(search.ID) bool { return true }, func(search.ID, []uint16) {})
				continue
			}
			_, _ = search.Places(nil, search.Term(part<<(search.TermBits-10)), damaged)
		}
	}
	if _, err := search.Places(nil, 0, []byte{1, 0xff}); err == nil {
		t.Error("a count without places is no error")
	}
}
