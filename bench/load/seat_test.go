package load

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const roomID = "01234567-89ab-7def-8123-456789abcdef"

// happened is one event of a room as an edge sends it.
type happened struct{ seq, prev, number uint64 }

// story is five posts, whose sequences have holes as other rooms make them.
var story = []happened{{12, 10, 0}, {13, 12, 1}, {20, 13, 2}, {21, 20, 3}, {40, 21, 4}}

// watch shows a connection events and returns what the check says when story
// was acknowledged.
func watch(t *testing.T, shown []happened) Checked {
	t.Helper()
	fleet := NewFleet(t.Context(), "run", nil)
	defer fleet.Close()
	room := &Room{ID: roomID}
	c := fleet.seated(nil, room)
	raw := server(opText, []byte(`{"op":"subscribed","room":"`+roomID+`","position":"0a1b2c3d-10"}`))
	for _, e := range shown {
		raw = append(raw, server(opText, fmt.Appendf(nil, `{"op":"event","room":"%s","seq":%d,"prev":%d,"event":{"data":{"text":"%s"}}}`,
			roomID, e.seq, e.prev, Text("run", e.number, 60, time.Now())))...)
	}
	if used, err := c.handle(raw, time.Now()); used != len(raw) || err != nil {
		t.Fatalf("%d of %d bytes were handled (%v)", used, len(raw), err)
	}
	for _, e := range story {
		room.Acked(e.seq, e.number)
	}
	return Check([]*Room{room})
}

func TestASeatFindsWhatWasPlanted(t *testing.T) {
	swapped := slices.Clone(story)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	for name, c := range map[string]struct {
		shown                       []happened
		lost, duplicated, reordered bool
	}{
		"nothing":                          {story, false, false, false},
		"a loss":                           {slices.Delete(slices.Clone(story), 2, 3), true, false, false},
		"a loss of the last":               {story[:4], true, false, false},
		"a loss that prev hides":           {[]happened{story[0], story[1], {21, 13, 3}, story[4]}, true, false, false},
		"all lost":                         {nil, true, false, false},
		"a double":                         {slices.Insert(slices.Clone(story), 2, story[1]), false, true, false},
		"a post with two sequences":        {append(slices.Clone(story), happened{41, 40, 4}), false, true, false},
		"another post in the place of one": {append(slices.Clone(story[:4]), happened{40, 21, 3}), true, true, false},
		"an inversion":                     {swapped, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := watch(t, c.shown)
			if got.Lost > 0 != c.lost || got.Duplicated > 0 != c.duplicated || got.Reordered > 0 != c.reordered {
				t.Errorf("the check says %+v", got)
			}
			if got.Acked != 5 || got.Expected != 5 {
				t.Errorf("acked %d and expected %d, not 5", got.Acked, got.Expected)
			}
		})
	}
}

func TestAResetCountsAsALoss(t *testing.T) {
	fleet := NewFleet(t.Context(), "run", nil)
	defer fleet.Close()
	room := &Room{ID: roomID}
	c := fleet.seated(nil, room)
	raw := server(opText, []byte(`{"op":"reset","room":"`+roomID+`","position":"0a1b2c3d-10","reason":"hole"}`))
	if _, err := c.handle(raw, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := Check([]*Room{room}); got.Lost != 1 || fleet.Errors()["reset hole"] != 1 {
		t.Errorf("the check says %+v, errors are %v", got, fleet.Errors())
	}
}
