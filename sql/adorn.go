package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// adorned reads a page and what stands beside its lines, as of one moment: the
// page alone where nothing can stand there, as in most rooms.
func (db *DB) adorned(ctx context.Context, room string, read func(querier) (chat.RoomPage, bool, error)) (p chat.RoomPage, member bool, err error) {
	p, member, err = read(db.pool)
	if err != nil || !adornable(p) {
		return p, member, err
	}
	amended, err := adorn(ctx, db.pool, room, p)
	if err != nil || amended == p.Amended {
		return p, member, err
	}
	// Something was folded between the two.
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if p, member, err = read(tx); err != nil {
			return err
		}
		_, err := adorn(ctx, tx, room, p)
		return err
	})
	return p, member, err
}

// adornable reports whether there may be reactions, pins or quotes on the page.
func adornable(p chat.RoomPage) bool {
	if len(p.Items) == 0 {
		return false
	}
	if p.Amended > 0 {
		return true
	}
	for i := range p.Items {
		if chat.ReplyOf(p.Items[i].Event) != nil {
			return true
		}
	}
	return false
}

// beside lists what stands beside the lines $2 of room $1, and what the messages
// $3 say, which replies among them answer: reactions by when the first came, and
// the first people of each; the oldest $5 pins count, should edges have let in
// more; one row where there is nothing, for the newest
// amendment.
const beside = `
	SELECT amended.seq, found.* FROM (` + amendedOfRoom + `) amended (seq)
	LEFT JOIN (
		SELECT 'reaction' AS what, target, emoji, n, user_id::text AS user_id, name, '' AS envelope, first, seq FROM (
			SELECT *, count(*) OVER kind AS n, min(seq) OVER kind AS first,
			       row_number() OVER (PARTITION BY target, emoji ORDER BY seq) AS place
			FROM reactions WHERE room_id = $1 AND target = ANY ($2::bigint[])
			WINDOW kind AS (PARTITION BY target, emoji)
		) r WHERE place <= $4
		UNION ALL
		SELECT 'pin', target, '', 0, '', '', '', 0, seq FROM (SELECT * FROM pins WHERE room_id = $1 ORDER BY seq LIMIT $5) p WHERE target = ANY ($2::bigint[])
		UNION ALL
		SELECT 'quote', seq, '', 0, '', '', coalesce(current, envelope), 0, seq FROM events WHERE room_id = $1 AND seq = ANY ($3::bigint[])
	) found ON true
	ORDER BY found.target, found.first, found.seq`

// adorn gives the items what stands beside them, and returns the newest
// amendment of which that is true. What the reader may not see is not quoted.
func adorn(ctx context.Context, q querier, room string, p chat.RoomPage) (amended uint64, err error) {
	items := p.Items
	place := make(map[uint64]int, len(items))
	answers := map[uint64][]int{}
	var seqs, quoted []int64
	for i := range items {
		place[items[i].Seq] = i
		seqs = append(seqs, signed(items[i].Seq))
		if reply := chat.ReplyOf(items[i].Event); reply != nil && reply.Seq >= p.From {
			answers[reply.Seq] = append(answers[reply.Seq], i)
			quoted = append(quoted, signed(reply.Seq))
		}
	}
	rows, err := q.Query(ctx, beside, room, seqs, quoted, chat.ReactionPeople, chat.MaxPins)
	if err != nil {
		return 0, err
	}
	var what, emoji, user, name, envelope *string
	var target *uint64
	var n *int
	var first, seq *int64
	_, err = pgx.ForEachRow(rows, []any{&amended, &what, &target, &emoji, &n, &user, &name, &envelope, &first, &seq}, func() error {
		switch {
		case what == nil:
		case *what == "quote":
			quote := chat.QuoteOf(*target, []byte(*envelope))
			for _, i := range answers[*target] {
				items[i].Quote = quote
			}
		case *what == "pin":
			items[place[*target]].Pinned = true
		default:
			addReaction(&items[place[*target]], *emoji, *n, events.Person{ID: *user, Name: *name})
		}
		return nil
	})
	return amended, err
}

// addReaction adds a row of an emoji's people, which come together.
func addReaction(item *chat.Item, emoji string, n int, by events.Person) {
	if last := len(item.Reactions) - 1; last >= 0 && item.Reactions[last].Emoji == emoji {
		item.Reactions[last].People = append(item.Reactions[last].People, by)
		return
	}
	item.Reactions = append(item.Reactions, chat.Reaction{Emoji: emoji, Count: n, People: []events.Person{by}})
}
