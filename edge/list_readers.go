package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// ReaderList says who has read up to where.
type ReaderList struct {
	Markers []chat.Marker `json:"markers" nullable:"false"`
}

// readers returns how far the members of a room have read: the rows, and what
// the log has after them.
func (e *Edge) readers(ctx context.Context, who chat.Principal, room string) (ReaderList, error) {
	m, err := e.membership(ctx, requestPatience, who, room)
	if err != nil {
		return ReaderList{}, err
	}
	crowded := chat.Errorf(chat.Conflict, "Who has read is shown in rooms of up to %d members.", markerCrowd)
	if m.Room.Members > markerCrowd {
		return ReaderList{}, crowded
	}
	markers, offset, err := e.Reading.Markers(ctx, room, markerCrowd+1)
	if err != nil {
		return ReaderList{}, err
	}
	if len(markers) > markerCrowd {
		return ReaderList{}, crowded
	}
	tail, err := e.Log.ReadBack(ctx, events.Reads.Subject(room), offset, 0, longTail)
	if err != nil {
		return ReaderList{}, err
	}
	newer := map[string]uint64{}
	for _, entry := range tail {
		_, reader, seq := markerIn(entry)
		newer[reader] = max(newer[reader], seq)
	}
	for i, marker := range markers {
		markers[i].Seq = max(marker.Seq, newer[marker.User])
	}
	return ReaderList{Markers: listOf(markers)}, nil
}

// setLevel says what of a room who wants to be told.
func (e *Edge) setLevel(ctx context.Context, who chat.Principal, room string, level chat.Level) error {
	if err := chat.CheckID("room", room); err != nil {
		return err
	}
	if err := chat.CheckLevel(level); err != nil {
		return err
	}
	subject, err := e.Reading.SetLevel(ctx, who.User, room, level)
	if err != nil {
		return sameNotFound(err)
	}
	e.flush(ctx, subject)
	return nil
}
