package notifier

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

var (
	ada  = events.Person{ID: chat.NewID(), Name: "ada"}
	bob  = events.Person{ID: chat.NewID(), Name: "bob"}
	cleo = events.Person{ID: chat.NewID(), Name: "cleo"}
	dan  = events.Person{ID: chat.NewID(), Name: "dan"}
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

func edited(added ...events.Person) events.Event {
	return events.New(events.MessageEdited, chat.NewID(), room, ada, time.Now(), events.MessageEditedData{Seq: 5, Mentions: append([]events.Person{cleo}, added...), Added: added})
}

func promoted(who events.Person, was string) events.Event {
	return events.New(events.MemberChanged, chat.NewID(), room, ada, time.Now(), events.MemberChangedData{User: who, Role: "moderator", Was: was})
}

// here is a room with these members.
func here(all ...chat.Listener) present {
	r := &roomful{all: all, byUser: map[string]chat.Listener{}}
	for _, l := range all {
		r.byUser[l.User.ID] = l
	}
	return present{room: r}
}

func at(level chat.Level, who events.Person) chat.Listener {
	return chat.Listener{Room: room, User: who, Level: level}
}

// all three are members at the level for rooms.
func usual() present {
	return here(at(chat.LevelMentions, ada), at(chat.LevelMentions, bob), at(chat.LevelMentions, cleo))
}

func two(level chat.Level) present { return here(at(chat.LevelAll, ada), at(level, bob)) }

// with changes one member of the usual room.
func with(change func(*chat.Listener)) present {
	them := usual()[room].all
	change(&them[1])
	return here(them...)
}

func TestWhoIsToldOfWhat(t *testing.T) {
	newer := posted(events.MessagePostedData{Text: "@bob", Mentions: []events.Person{bob}})
	newer.Version = events.Version + 1
	onlyBob, answer := posted(events.MessagePostedData{Mentions: []events.Person{bob}}), posted(events.MessagePostedData{Reply: &events.Reply{Seq: 5, User: bob}})
	plain, crowd := posted(events.MessagePostedData{Text: "hi"}), posted(events.MessagePostedData{Crowd: chat.CrowdRoom})
	direct := posted(events.MessagePostedData{Direct: &bob})
	level := func(level chat.Level) present { return with(func(l *chat.Listener) { l.Level = level }) }
	cases := map[string]struct {
		ev   events.Event
		here present
		want []string
	}{
		"a message to nobody":                 {plain, usual(), nil},
		"a mention":                           {onlyBob, usual(), []string{"mention bob"}},
		"two mentions":                        {posted(events.MessagePostedData{Mentions: []events.Person{cleo, bob}}), usual(), []string{"mention cleo", "mention bob"}},
		"one person twice":                    {posted(events.MessagePostedData{Mentions: []events.Person{bob, bob}}), usual(), []string{"mention bob"}},
		"oneself":                             {posted(events.MessagePostedData{Mentions: []events.Person{ada, bob}}), usual(), []string{"mention bob"}},
		"somebody who left":                   {posted(events.MessagePostedData{Mentions: []events.Person{dan}}), usual(), nil},
		"an answer":                           {answer, usual(), []string{"reply bob"}},
		"an answer that mentions them, too":   {posted(events.MessagePostedData{Reply: &events.Reply{Seq: 5, User: bob}, Mentions: []events.Person{cleo, bob}}), usual(), []string{"reply bob", "mention cleo"}},
		"an answer to oneself":                {posted(events.MessagePostedData{Reply: &events.Reply{Seq: 5, User: ada}}), usual(), nil},
		"all":                                 {crowd, usual(), []string{"mention bob", "mention cleo"}},
		"those who are online":                {posted(events.MessagePostedData{Crowd: chat.CrowdHere, Mentions: []events.Person{cleo}}), usual(), []string{"mention cleo"}},
		"a direct message":                    {direct, two(chat.LevelAll), []string{"direct bob"}},
		"a direct message that mentions, too": {posted(events.MessagePostedData{Direct: &bob, Mentions: []events.Person{bob}}), two(chat.LevelAll), []string{"direct bob"}},
		"a direct message, only mentions":     {direct, two(chat.LevelMentions), nil},
		"a direct mention, only mentions":     {posted(events.MessagePostedData{Direct: &bob, Mentions: []events.Person{bob}}), two(chat.LevelMentions), []string{"direct bob"}},
		"a direct message, nothing":           {direct, two(chat.LevelNone), nil},
		"a direct message to oneself":         {posted(events.MessagePostedData{Direct: &ada}), two(chat.LevelAll), nil},
		"a message, all":                      {plain, level(chat.LevelAll), []string{"message bob"}},
		"a mention, all":                      {onlyBob, level(chat.LevelAll), []string{"mention bob"}},
		"a mention, nothing":                  {onlyBob, level(chat.LevelNone), nil},
		"an answer, nothing":                  {answer, level(chat.LevelNone), nil},
		"all, nothing":                        {crowd, level(chat.LevelNone), []string{"mention cleo"}},
		"a mention that was read":             {onlyBob, with(func(l *chat.Listener) { l.Read = 7 }), nil},
		"a mention that was not":              {onlyBob, with(func(l *chat.Listener) { l.Read = 6 }), []string{"mention bob"}},
		"a mention from before their return":  {onlyBob, with(func(l *chat.Listener) { l.From = 8 }), nil},
		"an edit that mentions somebody else": {edited(bob), usual(), []string{"mention bob"}},
		"an edit of what was read":            {edited(bob), with(func(l *chat.Listener) { l.Read = 6 }), []string{"mention bob"}},
		"an edit that was read":               {edited(bob), with(func(l *chat.Listener) { l.Read = 7 }), nil},
		"an edit of what they may not see":    {edited(bob), with(func(l *chat.Listener) { l.From = 6 }), nil},
		"an edit that mentions nobody else":   {edited(), usual(), nil},
		"an edit, nothing":                    {edited(bob), level(chat.LevelNone), nil},
		"an invitation":                       {invited(dan), usual(), []string{"invitation dan"}},
		"an invitation of oneself":            {invited(ada), usual(), nil},
		"another role":                        {promoted(bob, "member"), level(chat.LevelNone), []string{"role bob"}},
		"another role of one's own":           {promoted(ada, "member"), usual(), nil},
		"the same role":                       {promoted(bob, ""), usual(), nil},
		"somebody joins":                      {events.New(events.MemberJoined, chat.NewID(), room, bob, time.Now(), events.MemberJoinedData{User: bob}), usual(), nil},
		"a type from the future":              {events.New("poll.opened", chat.NewID(), room, bob, time.Now(), []int{1}), usual(), nil},
		"a version from the future":           {newer, usual(), nil},
	}
	names := map[string]string{ada.ID: "ada", bob.ID: "bob", cleo.ID: "cleo", dan.ID: "dan"}
	for name, c := range cases {
		got, err := notify(c.ev, 7, c.here)
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
			if data.Source != c.ev.ID || data.Seq != 7 || data.Room != room || n.Actor != ada || n.Trace != c.ev.Trace || data.Text != "" {
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
	first, _ := notify(ev, 7, usual())
	again, _ := notify(ev, 7, usual())
	if !reflect.DeepEqual(first, again) || len(first) != 2 || first[0].ID == first[1].ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

func TestOfACrowdSoManyAreTold(t *testing.T) {
	var them []chat.Listener
	for i := range chat.MaxTold + 5 {
		them = append(them, at(chat.LevelMentions, events.Person{ID: chat.NewID(), Name: fmt.Sprint(i)}))
	}
	last := them[len(them)-1].User
	got, err := notify(posted(events.MessagePostedData{Crowd: chat.CrowdRoom, Mentions: []events.Person{last}}), 7, here(them...))
	if err != nil || len(got) != chat.MaxTold || got[0].Scope != last.ID {
		t.Errorf("%d were told, %v; want %d, first of all who is named", len(got), err, chat.MaxTold)
	}
}

func TestAnEventThatNamesNobodyIsRefused(t *testing.T) {
	crowd := make([]events.Person, chat.MaxMentions+chat.MaxHere+1)
	for i := range crowd {
		crowd[i] = events.Person{ID: chat.NewID(), Name: fmt.Sprint(i)}
	}
	for name, ev := range map[string]events.Event{
		"a mention of a wildcard":   posted(events.MessagePostedData{Mentions: []events.Person{{ID: ">"}}}),
		"a mention without an id":   posted(events.MessagePostedData{Mentions: []events.Person{bob, {}}}),
		"too many mentions":         posted(events.MessagePostedData{Mentions: crowd}),
		"a direct message to a dot": posted(events.MessagePostedData{Direct: &events.Person{ID: "a.b"}}),
		"an answer to a dot":        posted(events.MessagePostedData{Reply: &events.Reply{User: events.Person{ID: "a.b"}}}),
		"an edit for a dot":         edited(events.Person{ID: "a.b"}),
		"a role of no one":          promoted(events.Person{}, "member"),
		"an invitation of no one":   invited(events.Person{}),
	} {
		if got, err := notify(ev, 7, usual()); err == nil || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}
