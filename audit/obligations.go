package audit

import (
	"strings"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// obligations says who must be told of an event, by the notification's id, and
// how: whom an invitation names, the other person of a direct room, whom a
// message in any other room mentions, never the one who did it.
//
// It states the notifier's duty a second time and shares no code with it: where
// the two differ, one is wrong. What names somebody who cannot exist, or holds
// what no table takes, obliges to nothing: the notifier buries it.
func obligations(ev events.Event) map[string]string {
	if ev.Version > events.Version {
		return nil
	}
	told := map[string]string{} // user → kind
	switch ev.Type {
	case events.MemberInvited:
		data, err := events.DataOf[events.MemberInvitedData](ev)
		if err != nil || strings.Contains(data.Room+ev.Actor.Name, "\x00") {
			return nil
		}
		told[data.User.ID] = "invitation"
	case events.MessagePosted:
		data, err := events.DataOf[events.MessagePostedData](ev)
		if err != nil || len(data.Mentions) > chat.MaxMentions || strings.Contains(data.Room+shown(data.Text)+ev.Actor.Name, "\x00") {
			return nil
		}
		for _, person := range data.Mentions {
			told[person.ID] = "mention"
		}
		if data.Direct != nil {
			told[data.Direct.ID] = "direct"
		}
	}
	return byNotification(ev, told)
}

func byNotification(ev events.Event, told map[string]string) map[string]string {
	owed := map[string]string{}
	for user, kind := range told {
		if !events.IsID(user) {
			return nil
		}
		if user != ev.Actor.ID {
			owed[chat.NotificationID(user, ev.ID, kind)] = kind + " of " + user
		}
	}
	return owed
}

// shown is the part of a text that its notification carries.
func shown(text string) string {
	if utf8.RuneCountInString(text) <= 140 {
		return text
	}
	return string([]rune(text)[:139])
}
