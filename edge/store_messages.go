package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// Messages are what the tables hold of single messages, each as history shows
// it. offset is the CHAT sequence up to which an answer is true, of the same
// snapshot. Nobody's membership is looked at, unless the comment says so.
type Messages interface {
	// Message returns what stands at seq, if it is a message of the room, and
	// what a reader needs to act on it.
	Message(ctx context.Context, reader, room string, seq uint64) (chat.MessageRow, error)
	// Edits returns the versions of a message's text, oldest first: the first
	// is the original. None if it was deleted, or is no message of the room.
	Edits(ctx context.Context, room string, seq uint64) (edits []chat.Edit, offset uint64, err error)
	// Pins returns the pinned messages of the room, newest pin first.
	Pins(ctx context.Context, room string) (items []chat.Item, offset uint64, err error)
	// Excerpts returns what the messages say now, for those of the spots that
	// are messages which the reader may see: others are absent.
	Excerpts(ctx context.Context, reader string, spots []chat.Spot) (quotes map[chat.Spot]chat.Quote, offset uint64, err error)
}
