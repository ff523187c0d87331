package edge

import (
	"context"
	"crypto/sha256"
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

// crowd returns the crowd that the text mentions, if who may mention it now. If
// not, the message goes out all the same, and nobody is told of it for that: the
// event shows which.
func (e *Edge) crowd(ctx context.Context, who chat.Principal, m chat.Membership, text string) (string, error) {
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
	key := sha256.Sum256([]byte("crowd\x00" + who.User.ID + "\x00" + m.Room.ID))
	a, err := e.Attempts.TakeAttempt(ctx, key[:], 1, crowdEvery)
	if err != nil || !a.Granted {
		return "", err
	}
	return crowd, nil
}
