package edge

import (
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Whom a message to a crowd mentions does not change with its text.
func TestAnEditKeepsTheCrowdThatItsMessageMentions(t *testing.T) {
	bob, eve := events.Person{ID: chat.NewID(), Name: "bob"}, events.Person{ID: chat.NewID(), Name: "eve"}
	for _, c := range []struct {
		crowd string
		stay  []events.Person
	}{{"", nil}, {chat.CrowdRoom, nil}, {chat.CrowdHere, []events.Person{eve}}} {
		said := events.MessagePostedData{Text: "@here and @bob", Crowd: c.crowd, Mentions: []events.Person{bob, eve}}
		msg := message{ev: events.New(events.MessagePosted, chat.NewID(), chat.NewID(), bob, time.Now(), said)}
		var data events.MessageEditedData
		if stay := crowdStays(msg, &data); !slices.Equal(stay, c.stay) || data.Crowd != c.crowd {
			t.Errorf("of a message to %q: the edit is to %q, and of those who were online %v stay", c.crowd, data.Crowd, stay)
		}
	}
}
