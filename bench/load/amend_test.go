package load

import (
	"fmt"
	"testing"
	"time"
)

func TestASeatCountsWhatCarriesNoMark(t *testing.T) {
	type shown struct {
		kind      string
		seq, prev uint64
	}
	story := []shown{{"message.posted", 11, 10}, {"message.deleted", 12, 11}, {"message.reacted", 13, 12}, {"member.joined", 14, 13}, {"room.changed", 15, 14}}
	for name, c := range map[string]struct {
		shown            []shown
		lost, duplicated uint64
	}{
		"all":                           {story, 0, 0},
		"no deletion":                   {[]shown{story[0], {"message.reacted", 13, 11}, story[3], story[4]}, 1, 0},
		"no reaction":                   {[]shown{story[0], story[1], {"member.joined", 14, 12}, story[4]}, 1, 0},
		"nobody who joins":              {[]shown{story[0], story[1], story[2], {"room.changed", 15, 13}}, 1, 0},
		"somebody who leaves unasked":   {append(story[:5:5], shown{"member.left", 16, 15}), 0, 1},
		"a reaction that nobody put to": {append(story[:5:5], shown{"message.reacted", 16, 15}), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			fleet := NewFleet(t.Context(), "run", nil)
			defer fleet.Close()
			room := &Room{ID: roomID}
			conn := fleet.seated(nil, room)
			raw := server(opText, []byte(`{"op":"subscribed","room":"`+roomID+`","position":"0a1b2c3d-10"}`))
			for _, e := range c.shown {
				raw = append(raw, server(opText, fmt.Appendf(nil, `{"op":"event","room":"%s","seq":%d,"prev":%d,"event":{"type":"%s"}}`, roomID, e.seq, e.prev, e.kind))...)
			}
			if _, err := conn.handle(raw, time.Now()); err != nil {
				t.Fatal(err)
			}
			room.Acked(12, 0)
			room.Acked(13, 0)
			room.Turned()
			if got := Check([]*Room{room}); got.Lost != c.lost || got.Duplicated != c.duplicated {
				t.Errorf("the check says %+v", got)
			}
		})
	}
}
