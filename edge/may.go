package edge

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/chat"
)

// What a member may do in a room. Each of these is asked by HTTP and WebSocket
// alike, in the action itself; m is what the directory says, or what a live
// topic knows, which each event of the room keeps true.

// allowed returns nil if may says so of the membership m. A live topic knows the
// roles in its room, not those in natter, whose staff may moderate public rooms:
// whom their role refuses is looked up before they are told so.
func (e *Edge) allowed(ctx context.Context, who chat.Principal, m chat.Membership, may func(chat.Membership) error) error {
	err := may(m)
	if !isCode(err, chat.Forbidden) && !isCode(err, chat.ReadOnly) || m.Room.Kind == chat.Direct || m.Lent {
		return err
	}
	now, err := e.membership(ctx, requestPatience, who, m.Room.ID)
	if err != nil {
		return err
	}
	return may(now)
}

// mayAct reports whether a member may do anything with what is said: react, mark
// a message.
func mayAct(m chat.Membership, now time.Time) error {
	switch {
	case m.Room.Archived:
		return chat.Errorf(chat.Archived, "This room is archived: nothing is said in it any more.")
	case m.Muted.After(now):
		return chat.Errorf(chat.Muted, "A moderator lets you say nothing in this room until %s.", m.Muted.UTC().Format(time.RFC3339))
	}
	return nil
}

// mayPost reports whether a member may say something: post, or edit what they
// said. What slow mode says to a post only the database knows: see inTurn.
func mayPost(m chat.Membership, now time.Time) error {
	if err := mayAct(m, now); err != nil {
		return err
	}
	if m.Room.Kind == chat.Announcement && !m.Role.May(chat.Moderator) {
		return chat.Errorf(chat.ReadOnly, "Only moderators post in this room.")
	}
	return nil
}

// mayModerate reports whether a member may decide about what others say. Nobody
// may in a direct room.
func mayModerate(m chat.Membership) error {
	if m.Room.Kind == chat.Direct || !m.Role.May(chat.Moderator) {
		return chat.Errorf(chat.Forbidden, "Only moderators of this room can do that.")
	}
	return nil
}

// mayPin reports whether a member may pin messages: both people of a direct
// room, the moderators of any other.
func mayPin(m chat.Membership, now time.Time) error {
	if err := mayAct(m, now); err != nil || m.Room.Kind == chat.Direct {
		return err
	}
	return mayModerate(m)
}

// inTurn reports whether a member may post this message now: mayPost, and in a
// room of slow mode their turn, which all edges count together. Moderators
// always have theirs. unavailable if the database cannot be asked.
func (e *Edge) inTurn(ctx context.Context, who chat.Principal, m chat.Membership, message string) error {
	now := e.Now()
	err := e.allowed(ctx, who, m, func(m chat.Membership) error { return mayPost(m, now) })
	if err != nil || m.Room.Slow == 0 || mayModerate(m) == nil {
		return err
	}
	wait, err := e.Rooms.TakeTurn(ctx, chat.Turn{User: who.User.ID, Room: m.Room.ID, Message: message}, time.Duration(m.Room.Slow)*time.Second)
	if err != nil || wait == 0 {
		return err
	}
	// natter's staff may moderate here without the room's knowing: see allowed.
	if e.allowed(ctx, who, m, mayModerate) == nil {
		return nil
	}
	return &chat.Error{Code: chat.SlowMode, RetryAfter: wait,
		Detail: fmt.Sprintf("In this room you may post every %d s. Nothing happened; wait a moment.", m.Room.Slow)}
}
