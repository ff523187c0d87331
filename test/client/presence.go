package client

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// Standing is how one person is.
type Standing struct {
	User  string        `json:"user"`
	State chat.Standing `json:"state"`
}

// Watch asks who is in a room that this socket follows; the journal knows from
// then on, until the subscription ends.
func (s *Socket) Watch(ctx context.Context, room string) error {
	_, err := s.ask(ctx, "present", map[string]any{"op": "watch", "rooms": []string{room}})
	return err
}

// present writes down who is there.
func (j *Journal) present(f Frame) {
	t := j.room(f.Room)
	if !t.open {
		j.violated("room %s: it is said who is there, without a subscription", f.Room)
	}
	t.n, t.There = f.N, map[string]string{}
	for _, p := range f.People {
		t.stands(p)
	}
}

// presence writes one change down. None may be left out.
func (j *Journal) presence(f Frame) {
	t := j.room(f.Room)
	switch {
	case t.There == nil:
		j.violated("room %s: presence %d without a watch", f.Room, f.N)
		return
	case f.N != t.n+1:
		j.violated("room %s: presence %d came after %d", f.Room, f.N, t.n)
	}
	t.n = f.N
	t.stands(Standing{f.userID(), f.State})
}

func (t *transcript) stands(p Standing) {
	if p.State == chat.Offline {
		delete(t.There, p.User)
	} else {
		t.There[p.User] = string(p.State)
	}
}
