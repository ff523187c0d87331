package sql

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// changes are what the amendments of a batch come to.
type changes struct {
	rows      []amendment // to be kept as they came
	late      []amendment // edits of what was deleted before
	edits     map[spot]edited
	tombs     map[spot]tomb
	reactions map[reactionKey]*put
	pins      map[spot]*put
	full      map[spot]kinds // messages that may get more kinds of reactions than they can have
}

type edited struct {
	envelope []byte
	mentions []pgtype.UUID
}

// tomb is what is left of a deleted message.
type tomb struct {
	id, author pgtype.UUID
	at         time.Time
	envelope   []byte
	by         int64 // the deletion's sequence
}

type reactionKey struct {
	spot
	emoji string
	user  pgtype.UUID
}

// put is what a batch does to a reaction or a pin: it may take away what was
// there, and put one there.
type put struct {
	off  bool
	on   bool
	seq  int64
	name string
}

// maxEmoji bounds what an index takes; edges allow less (chat.MaxEmoji).
const maxEmoji = 64

func newChanges() *changes {
	return &changes{edits: map[spot]edited{}, tombs: map[spot]tomb{}, reactions: map[reactionKey]*put{}, pins: map[spot]*put{}}
}

func (c *changes) edit(a amendment, to *line) error {
	data, err := events.DataOf[events.MessageEditedData](a.ev)
	if err != nil {
		return err
	}
	body, ok := chat.Edited(to.ev, a.Seq, a.ev)
	if !ok {
		return nil
	}
	e := edited{envelope: body}
	for _, person := range data.Mentions {
		user, err := parseID(person.ID)
		if err != nil {
			return err
		}
		e.mentions = append(e.mentions, user)
	}
	c.edits[a.spot()] = e
	to.ev, err = events.Decode(body)
	return err
}

func (c *changes) delete(a amendment, data events.MessageDeletedData) error {
	id, err := parseID(data.Message)
	if err != nil {
		return err
	}
	author, err := parseActor(data.User.ID)
	if err != nil {
		return err
	}
	at := a.spot()
	c.tombs[at] = tomb{id: id, author: author, at: data.Time, envelope: chat.Erased(a.Seq, a.ev), by: int64(a.Seq)}
	delete(c.edits, at)
	delete(c.pins, at)
	delete(c.full, at)
	for key := range c.reactions {
		if key.spot == at {
			delete(c.reactions, key)
		}
	}
	return nil
}

func (c *changes) react(a amendment) error {
	data, err := events.DataOf[events.MessageReactedData](a.ev)
	if err != nil || !a.actor.Valid || data.Emoji == "" || len(data.Emoji) > maxEmoji {
		return err
	}
	if k := c.full[a.spot()]; k != nil && !k.put(data.Emoji, a.actor, data.On) {
		return nil
	}
	key := reactionKey{a.spot(), data.Emoji, a.actor}
	if c.reactions[key] == nil {
		c.reactions[key] = &put{}
	}
	c.reactions[key].turn(data.On, a)
	return nil
}

func (c *changes) pin(a amendment) error {
	data, err := events.DataOf[events.MessagePinnedData](a.ev)
	if err != nil {
		return err
	}
	if c.pins[a.spot()] == nil {
		c.pins[a.spot()] = &put{}
	}
	c.pins[a.spot()].turn(data.On, a)
	return nil
}

// turn keeps the first of several that are put on, as of one that is there.
func (p *put) turn(on bool, a amendment) {
	switch {
	case !on:
		p.off, p.on = true, false
	case !p.on:
		p.on, p.seq, p.name = true, int64(a.Seq), a.ev.Actor.Name
	}
}
