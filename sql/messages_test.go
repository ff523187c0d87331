package sql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func amendment(t events.Type, by events.Person, room string, data any) events.Event {
	return events.New(t, chat.NewID(), room, by, time.Now(), data)
}

func TestAMessageIsFoundWithWhatStandsBesideIt(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	ev := posted(ada, room, "first")
	seq := w.log.append(ev).Seq
	answer := posted(bob, room, "an answer")
	data, _ := events.DataOf[events.MessagePostedData](answer)
	data.Reply = &events.Reply{Seq: seq, User: ada}
	reply := w.log.append(events.New(answer.Type, answer.ID, room, bob, answer.Time, data)).Seq
	edit := w.log.append(amendment(events.MessageEdited, ada, room, events.MessageEditedData{Seq: seq, Message: ev.ID, Text: "second"}))
	w.log.append(amendment(events.MessageEdited, bob, room, events.MessageEditedData{Seq: seq, Message: ev.ID, Text: "not yours"}))
	for _, on := range []uint64{seq, reply} {
		w.log.append(amendment(events.MessageReacted, bob, room, events.MessageReactedData{Seq: on, Emoji: "👍", On: true}))
		w.log.append(amendment(events.MessagePinned, ada, room, events.MessagePinnedData{Seq: on, On: true}))
	}
	w.fold()

	m := must[chat.MessageRow](t)(w.Message(t.Context(), bob.ID, room, seq))
	if m.Item.Seq != seq || len(m.Mine) != 1 || !slices.Equal(m.Pins, []uint64{seq, reply}) || !m.Item.Pinned || m.Offset != w.log.last(events.Chat) {
		t.Errorf("the message is %+v", m)
	}
	for spot, what := range map[uint64]string{1: "no message", edit.Seq: "an amendment", 1 << 40: "nothing"} {
		if m := must[chat.MessageRow](t)(w.Message(t.Context(), ada.ID, room, spot)); m.Item.Seq != 0 {
			t.Errorf("%s is found as %+v", what, m)
		}
	}
	edits, _, err := w.Edits(t.Context(), room, seq)
	if err != nil || len(edits) != 2 || edits[0].Text != "first" || edits[1].Text != "second" || edits[1].Seq != edit.Seq {
		t.Errorf("its versions are %+v, %v", edits, err)
	}
	pins, _, err := w.Pins(t.Context(), room)
	if err != nil || len(pins) != 2 || pins[0].Seq != reply || pins[0].Quote == nil || pins[0].Quote.Excerpt != "second" || len(pins[1].Reactions) != 1 {
		t.Errorf("pinned are %+v, %v", pins, err)
	}
	spots := []chat.Spot{{Room: room, Seq: seq}, {Room: room, Seq: 1 << 40}, {Room: chat.NewID(), Seq: seq}}
	quotes, offset, err := w.Excerpts(t.Context(), bob.ID, spots)
	if err != nil || len(quotes) != 1 || quotes[spots[0]].Excerpt != "second" || offset == 0 {
		t.Errorf("excerpts are %+v, %d, %v", quotes, offset, err)
	}
	seat := chat.Seat{User: bob.ID, Room: room}
	if m := must[map[chat.Seat]chat.Membership](t)(w.Memberships(t.Context(), []chat.Seat{seat})); m[seat].Amended != w.log.last(events.Chat) {
		t.Errorf("the membership says %+v", m[seat])
	}

	w.log.append(amendment(events.MessageDeleted, bob, room, deletionOf(seq, ev)))
	w.fold()
	if edits, _, err := w.Edits(t.Context(), room, seq); err != nil || len(edits) > 0 {
		t.Errorf("a deleted message has versions %+v, %v", edits, err)
	}
	if m := must[chat.MessageRow](t)(w.Message(t.Context(), bob.ID, room, seq)); m.Item.Seq != seq || !slices.Equal(m.Pins, []uint64{reply}) || len(m.Mine) > 0 {
		t.Errorf("the deleted message is %+v", m)
	}
	quotes, _, err = w.Excerpts(t.Context(), bob.ID, spots)
	if err != nil || !quotes[spots[0]].Deleted || quotes[spots[0]].Excerpt != "" {
		t.Errorf("excerpts are %+v, %v", quotes, err)
	}
}

// Whoever came back sees nothing of what was said meanwhile, quoted or not.
func TestWhatWasSaidWhileOneWasAwayIsNotQuoted(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	subject, err := w.Leave(t.Context(), bob, room)
	wants(t, err, "")
	w.flush(subject)
	seq := w.log.append(posted(ada, room, "a secret")).Seq
	w.join(bob, room)
	answer := posted(ada, room, "an answer")
	data, _ := events.DataOf[events.MessagePostedData](answer)
	data.Reply = &events.Reply{Seq: seq, User: ada}
	w.log.append(events.New(answer.Type, answer.ID, room, ada, answer.Time, data))
	w.fold()
	for reader, quoted := range map[string]bool{ada.ID: true, bob.ID: false} {
		page := must[chat.RoomPage](t)(w.RoomPage(t.Context(), reader, room, 0, 0, 50, false))
		if last := page.Items[len(page.Items)-1]; (last.Quote != nil) != quoted {
			t.Errorf("the quote is %+v", last.Quote)
		}
	}
	spot := chat.Spot{Room: room, Seq: seq}
	if quotes, _, err := w.Excerpts(t.Context(), bob.ID, []chat.Spot{spot}); err != nil || len(quotes) > 0 {
		t.Errorf("excerpts are %+v, %v", quotes, err)
	}
}
