package notifier

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

var (
	ada  = events.Person{ID: chat.NewID(), Name: "ada"}
	bob  = events.Person{ID: chat.NewID(), Name: "bob"}
	cleo = events.Person{ID: chat.NewID(), Name: "cleo"}
	room = chat.NewID()
)

func posted(data events.MessagePostedData) events.Event {
	data.Key = chat.NewID()
	ev := events.New(events.MessagePosted, chat.MessageID(ada.ID, room, data.Key), room, ada, time.Now(), data)
	ev.Trace = events.NewTrace()
	return ev
}

func invited(who events.Person) events.Event {
	return events.New(events.MemberInvited, chat.NewID(), room, ada, time.Now(), events.MemberInvitedData{User: who, Room: "Engine room"})
}

func TestWhoIsToldOfWhat(t *testing.T) {
	newer := posted(events.MessagePostedData{Text: "@bob", Mentions: []events.Person{bob}})
	newer.Version = events.Version + 1
	cases := map[string]struct {
		ev   events.Event
		want []string
	}{
		"a message to nobody":                {posted(events.MessagePostedData{Text: "hi"}), nil},
		"a mention":                          {posted(events.MessagePostedData{Text: "@bob", Mentions: []events.Person{bob}}), []string{"mention bob"}},
		"two mentions":                       {posted(events.MessagePostedData{Mentions: []events.Person{cleo, bob}}), []string{"mention cleo", "mention bob"}},
		"one person twice":                   {posted(events.MessagePostedData{Mentions: []events.Person{bob, bob}}), []string{"mention bob"}},
		"oneself":                            {posted(events.MessagePostedData{Mentions: []events.Person{ada, bob}}), []string{"mention bob"}},
		"a direct message":                   {posted(events.MessagePostedData{Direct: &bob}), []string{"direct bob"}},
		"a direct message that mentions too": {posted(events.MessagePostedData{Direct: &bob, Mentions: []events.Person{bob}}), []string{"direct bob"}},
		"a direct message to oneself":        {posted(events.MessagePostedData{Direct: &ada}), nil},
		"an invitation":                      {invited(bob), []string{"invitation bob"}},
		"an invitation of oneself":           {invited(ada), nil},
		"somebody joins":                     {events.New(events.MemberJoined, chat.NewID(), room, bob, time.Now(), events.MemberJoinedData{User: bob}), nil},
		"a type from the future":             {events.New("poll.opened", chat.NewID(), room, bob, time.Now(), []int{1}), nil},
		"a version from the future":          {newer, nil},
	}
	names := map[string]string{ada.ID: "ada", bob.ID: "bob", cleo.ID: "cleo"}
	for name, c := range cases {
		got, err := notify(c.ev, 7)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var told []string
		for _, n := range got {
			data, err := events.DataOf[events.NotifiedData](n)
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, data.Kind+" "+names[n.Scope])
			if data.Source != c.ev.ID || data.Seq != 7 || data.Room != room || n.Actor != ada || n.Trace != c.ev.Trace {
				t.Errorf("%s: the notification does not name its cause: %+v %+v", name, n, data)
			}
		}
		if !reflect.DeepEqual(told, c.want) {
			t.Errorf("%s: told %v, want %v", name, told, c.want)
		}
	}
}

func TestAskingAgainGivesTheSameNotifications(t *testing.T) {
	ev := posted(events.MessagePostedData{Text: "x", Mentions: []events.Person{bob, cleo}})
	first, _ := notify(ev, 7)
	again, _ := notify(ev, 7)
	if !reflect.DeepEqual(first, again) || len(first) != 2 || first[0].ID == first[1].ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

func TestAnEventThatNamesNobodyIsRefused(t *testing.T) {
	crowd := make([]events.Person, chat.MaxMentions+1)
	for i := range crowd {
		crowd[i] = events.Person{ID: chat.NewID(), Name: fmt.Sprint(i)}
	}
	for name, ev := range map[string]events.Event{
		"a mention of a wildcard":   posted(events.MessagePostedData{Mentions: []events.Person{{ID: ">"}}}),
		"a mention without an id":   posted(events.MessagePostedData{Mentions: []events.Person{bob, {}}}),
		"too many mentions":         posted(events.MessagePostedData{Mentions: crowd}),
		"a direct message to a dot": posted(events.MessagePostedData{Direct: &events.Person{ID: "a.b"}}),
		"a text with a NUL":         posted(events.MessagePostedData{Text: "a\x00b", Mentions: []events.Person{bob}}),
		"an invitation of no one":   invited(events.Person{}),
	} {
		if got, err := notify(ev, 7); err == nil || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestAnExcerptIsShortAndWholeRunes(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"short":                  "short",
		strings.Repeat("가", 140): strings.Repeat("가", 140),
		strings.Repeat("가", 141): strings.Repeat("가", 139) + "…",
	} {
		got := excerpt(text)
		if got != want || utf8.RuneCountInString(got) > maxExcerpt || !utf8.ValidString(got) {
			t.Errorf("excerpt of %d bytes is %q", len(text), got)
		}
	}
}
