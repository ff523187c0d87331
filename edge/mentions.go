package edge

import (
	"context"
	"strings"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// crowdFree is how many members a room may have for everybody to mention
	// all of them; in a larger one only moderators do.
	crowdFree = 20
	// crowdEvery is how often somebody may do so in a room.
	crowdEvery = time.Minute
)

// mentions returns the members that the text names, without its author.
func (e *Edge) mentions(ctx context.Context, who chat.Principal, room, text string) ([]events.Person, error) {
	if !strings.Contains(text, "@") {
		return nil, nil
	}
	names := chat.MentionsIn(text)
	if len(names) == 0 {
		return nil, nil
	}
	people, err := e.Directory.MembersNamed(ctx, room, names)
	if err != nil {
		return nil, err
	}
	var others []events.Person
	for _, p := range people {
		if p.ID != who.User.ID {
			others = append(others, p)
		}
	}
	return others, nil
}

// crowd returns the crowd that the text of message id mentions, if who may mention
// it now: a retry may what the first try might. If not, the message goes out all the same, and nobody is told of it for that: the
// event shows which.
func (e *Edge) crowd(ctx context.Context, who chat.Principal, m chat.Membership, id, text string) (string, error) {
	if m.Room.Kind == chat.Direct || !strings.Contains(text, "@") {
		return "", nil
	}
	crowd := chat.CrowdIn(text)
	if crowd == "" {
		return "", nil
	}
	now, err := e.membership(ctx, requestPatience, who, m.Room.ID) // a live topic counts no members
	if err != nil {
		return "", err
	}
	if now.Room.Members > crowdFree && mayModerate(now) != nil {
		return "", nil
	}
	wait, err := e.Rooms.TakeTurn(ctx, chat.Turn{User: who.User.ID, Room: m.Room.ID, Message: id, Crowd: true}, crowdEvery)
	if err != nil || wait != 0 {
		return "", err
	}
	return crowd, nil
}

// whoIsHere adds those of the room who are online to whom a message names: the
// event says exactly whom it mentions, and everybody who counts or tells reads the
// same. Where they are more than chat.MaxHere it mentions all members instead.
func (e *Edge) whoIsHere(ctx context.Context, who chat.Principal, room string, named []events.Person) (mentions []events.Person, crowd string, err error) {
	members, err := e.Reading.Everybody(ctx, room)
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(members))
	for i, p := range members {
		ids[i] = p.ID
	}
	known, byName := map[string]bool{who.User.ID: true}, len(named)
	for _, p := range named {
		known[p.ID] = true
	}
	online := map[string]bool{}
	for _, id := range e.presence.here(ids) {
		online[id] = !known[id]
	}
	for _, p := range members {
		if online[p.ID] {
			named = append(named, p)
		}
	}
	if len(named) > chat.MaxMentions+chat.MaxHere || len(online) > chat.MaxHere {
		return named[:byName], chat.CrowdRoom, nil
	}
	return named, chat.CrowdHere, nil
}

// crowdStays gives an edit the crowd that its message mentions, whatever it says
// now, and returns those whom @here mentioned.
func crowdStays(msg message, data *events.MessageEditedData) (here []events.Person) {
	was, err := events.DataOf[events.MessagePostedData](msg.ev)
	if err != nil || was.Crowd == "" {
		return nil
	}
	data.Crowd = was.Crowd
	if was.Crowd != chat.CrowdHere {
		return nil
	}
	named := map[string]bool{}
	for _, name := range chat.MentionsIn(was.Text) {
		named[chat.Fold(name)] = true
	}
	for _, p := range was.Mentions {
		if !named[chat.Fold(p.Name)] {
			here = append(here, p)
		}
	}
	return here
}
