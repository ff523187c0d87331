package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// noRows are tables that nothing was folded into.
type noRows struct{}

func (noRows) Message(context.Context, string, string, uint64) (row chat.MessageRow, err error) {
	return row, nil
}
func (noRows) Edits(context.Context, string, uint64) ([]chat.Edit, uint64, error) { return nil, 0, nil }
func (noRows) Pins(context.Context, string) ([]chat.Item, uint64, error)          { return nil, 0, nil }
func (noRows) Excerpts(context.Context, string, []chat.Spot) (map[chat.Spot]chat.Quote, uint64, error) {
	return nil, 0, nil
}
