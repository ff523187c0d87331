package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// quote fills in what the replies among items answer, where the rows have not:
// those that the log has after them. What the reader may not see, up to floor,
// is not quoted, whatever the rows, which were not asked for a reader, say.
func (e *Edge) quote(ctx context.Context, who chat.Principal, room string, floor uint64, items []chat.Item, late amended) error {
	var spots []chat.Spot
	asking := map[int]chat.Spot{}
	for i, item := range items {
		if item.Quote != nil && item.Quote.Seq <= floor {
			items[i].Quote = nil
		}
		if reply := chat.ReplyOf(item.Event); reply != nil && item.Quote == nil && reply.Seq > floor {
			asking[i] = chat.Spot{Room: room, Seq: reply.Seq}
			spots = append(spots, asking[i])
		}
	}
	if len(spots) == 0 {
		return nil
	}
	found, offset, err := e.Messages.Excerpts(ctx, who.User.ID, spots)
	if err != nil {
		return err
	}
	for i, spot := range asking {
		quote, ok := found[spot]
		if !ok && spot.Seq > offset {
			logged, err := e.loggedMessage(ctx, room, spot.Seq)
			if err != nil {
				return err
			}
			if q := chat.QuoteOf(logged.Seq, logged.Event); q != nil {
				quote, ok = *q, true
			}
		}
		if ok {
			items[i].Quote = late.quoted(quote, offset)
		}
	}
	return nil
}

// quoted brings a quote up to date that is true up to a sequence.
func (all amended) quoted(quote chat.Quote, upTo uint64) *chat.Quote {
	item := chat.Item{Quote: &quote}
	for _, a := range all.list {
		if a.seq > upTo {
			item, _ = chat.Amend(item, a.seq, a.ev)
		}
	}
	return item.Quote
}
