package audit

import (
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// debt is that somebody must be told of an event.
type debt struct {
	user, kind string
	from       uint64 // they must be allowed to see this sequence
	// excusable: not if they had read it, had left, or did not want to hear it
	// when it would have gone out.
	excusable bool
}

func (d debt) String() string { return d.kind + " of " + d.user }

// obligations says who must be told of the event at seq, by the notification's
// id: whom an invitation names, who has another role, the other person of a direct
// room, whose message it answers and whom it mentions by name, and whom an edit
// mentions first; never the one who did it.
//
// It states the notifier's duty a second time and shares no code with it: where
// the two differ, one is wrong. What names somebody who cannot exist, or holds
// what no table takes, obliges to nothing: the notifier buries it.
func obligations(ev events.Event, seq uint64) map[string]debt {
	if ev.Version > events.Version || strings.Contains(ev.Actor.Name, "\x00") {
		return nil
	}
	var debts []debt // the first of a person counts
	switch ev.Type {
	case events.MemberInvited:
		if data, err := events.DataOf[events.MemberInvitedData](ev); err == nil {
			debts = []debt{{user: data.User.ID, kind: "invitation"}}
		}
	case events.MemberChanged:
		if data, err := events.DataOf[events.MemberChangedData](ev); err == nil && data.Was != "" {
			debts = []debt{{user: data.User.ID, kind: "role"}}
		}
	case events.MessagePosted:
		debts = ofMessage(ev, seq)
	case events.MessageEdited:
		data, err := events.DataOf[events.MessageEditedData](ev)
		if err != nil || len(data.Added) > chat.MaxMentions {
			return nil
		}
		for _, p := range data.Added {
			debts = append(debts, debt{p.ID, "mention", data.Seq, true})
		}
	}
	return byNotification(ev, debts)
}

func ofMessage(ev events.Event, seq uint64) (debts []debt) {
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil || len(data.Mentions) > chat.MaxMentions+chat.MaxHere {
		return nil
	}
	if data.Direct != nil {
		return []debt{{data.Direct.ID, "direct", seq, true}}
	}
	if data.Reply != nil {
		debts = append(debts, debt{data.Reply.User.ID, "reply", seq, true})
	}
	for _, p := range data.Mentions {
		debts = append(debts, debt{p.ID, "mention", seq, true})
	}
	return debts
}

func byNotification(ev events.Event, debts []debt) map[string]debt {
	owed, told := map[string]debt{}, map[string]bool{ev.Actor.ID: true}
	for _, d := range debts {
		if !events.IsID(d.user) {
			return nil
		}
		if !told[d.user] {
			told[d.user] = true
			owed[chat.NotificationID(d.user, ev.ID, d.kind)] = d
		}
	}
	return owed
}

// permitted reports whether the event may cause a notification beyond those that
// it obliges to: a message to all, for any member; and any message, for whoever has
// ever chosen to hear every one.
func permitted(ev events.Event, user, id string, chosen bool) bool {
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil || ev.Type != events.MessagePosted || data.Direct != nil || user == ev.Actor.ID {
		return false
	}
	for _, d := range ofMessage(ev, 0) {
		if d.user == user {
			return false // it has an id of its own
		}
	}
	if data.Crowd == "room" {
		return id == chat.NotificationID(user, ev.ID, "mention")
	}
	return chosen && id == chat.NotificationID(user, ev.ID, "message")
}
