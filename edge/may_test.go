package edge

import (
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

func TestWhatAMemberMayDo(t *testing.T) {
	now := time.Now()
	in := func(kind string, role chat.Role) chat.Membership {
		return chat.Membership{Room: chat.Room{Kind: kind}, Role: role}
	}
	archived, muted, spoke := in(chat.Public, chat.Owner), in(chat.Public, chat.Plain), in(chat.Public, chat.Plain)
	archived.Room.Archived = true
	muted.Muted, spoke.Muted = now.Add(time.Minute), now
	for name, c := range map[string]struct {
		m                         chat.Membership
		act, post, pin, moderates chat.Code
	}{
		"a member":                      {in(chat.Public, chat.Plain), "", "", chat.Forbidden, chat.Forbidden},
		"a moderator":                   {in(chat.Private, chat.Moderator), "", "", "", ""},
		"one of two":                    {in(chat.Direct, chat.Plain), "", "", "", chat.Forbidden},
		"who hears announcements":       {in(chat.Announcement, chat.Plain), "", chat.ReadOnly, chat.Forbidden, chat.Forbidden},
		"who makes announcements":       {in(chat.Announcement, chat.Moderator), "", "", "", ""},
		"the owner of an archived room": {archived, chat.Archived, chat.Archived, chat.Archived, ""},
		"who is muted":                  {muted, chat.Muted, chat.Muted, chat.Muted, chat.Forbidden},
		"who was muted until now":       {spoke, "", "", chat.Forbidden, chat.Forbidden},
		"of whom no role is known":      {in(chat.Announcement, ""), "", chat.ReadOnly, chat.Forbidden, chat.Forbidden},
	} {
		for what, got := range map[string][2]chat.Code{
			"act": {chat.CodeOf(mayAct(c.m, now)), c.act}, "post": {chat.CodeOf(mayPost(c.m, now)), c.post},
			"pin": {chat.CodeOf(mayPin(c.m, now)), c.pin}, "moderate": {chat.CodeOf(mayModerate(c.m)), c.moderates},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: to %s is %q, want %q", name, what, got[0], got[1])
			}
		}
	}
}
