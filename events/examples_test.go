package events_test

import (
	"testing"
	"time"

	"github.com/natter-chat/natter/events"
)

// The ids of the examples. They are made up, and the same in every example, so
// that a reader of docs/events.md can follow one story: ada makes a room, bob
// joins it, ada mentions him.
const (
	room         = "01932d4a-7c00-7000-8000-00000000aaaa"
	message      = "01932d4a-8b10-8e21-9c44-2f1d90ab3c5e"
	key          = "01932d4a-8b10-7c3f-b1d2-5a6e8f901234"
	session      = "01932d49-1100-7d00-9a00-0000000000e1"
	notification = "01932d4a-8b10-8f00-8d31-77aa00bb11cc"
)

var (
	ada  = events.Person{ID: "01932d48-0000-7000-8000-0000000000ad", Name: "ada"}
	bob  = events.Person{ID: "01932d48-0000-7000-8000-0000000000b0", Name: "bob"}
	noon = time.Date(2026, 11, 21, 12, 0, 0, 123e6, time.UTC)
)

// example returns the event that docs/events.md shows for a type.
func example(t testing.TB, typ events.Type) events.Event {
	t.Helper()
	id := func(last string) string { return "01932d4a-7c00-7000-8000-0000000000" + last }
	switch typ {
	case events.RoomCreated:
		return events.New(typ, id("01"), room, ada, noon, events.RoomCreatedData{Kind: "public", Name: "Engine room"})
	case events.MemberJoined:
		return events.New(typ, id("02"), room, bob, noon, events.MemberJoinedData{Rev: 2, User: bob, Again: true})
	case events.MemberLeft:
		return events.New(typ, id("03"), room, bob, noon, events.MemberLeftData{Rev: 3, User: bob})
	case events.MemberInvited:
		return events.New(typ, id("04"), room, ada, noon, events.MemberInvitedData{User: bob, Room: "Engine room"})
	case events.MemberChanged:
		return events.New(typ, id("0b"), room, ada, noon, events.MemberChangedData{
			Rev: 4, User: bob, Role: "moderator", Was: "member", Room: "Engine room"})
	case events.RoomChanged:
		return events.New(typ, id("0c"), room, ada, noon, events.RoomChangedData{
			Rev: 5, Kind: "public", Name: "Engine room", Topic: "What makes us go", Capacity: 50, Slow: 10})
	case events.MessagePosted:
		return events.New(typ, message, room, ada, noon, events.MessagePostedData{
			Key: key, Text: "Hello @bob", Mentions: []events.Person{bob}, Room: "Engine room"})
	case events.MessageEdited:
		return events.New(typ, id("0d"), room, ada, noon, events.MessageEditedData{
			Key: key, Seq: 42, Message: message, Text: "Good morning @bob", Mentions: []events.Person{bob}, Room: "Engine room"})
	case events.MessageDeleted:
		return events.New(typ, id("0e"), room, bob, noon, events.MessageDeletedData{
			Seq: 42, Message: message, Key: key, User: ada, Time: noon})
	case events.MessageReacted:
		return events.New(typ, id("0f"), room, bob, noon, events.MessageReactedData{Seq: 42, Emoji: "👍", On: true})
	case events.MessagePinned:
		return events.New(typ, id("10"), room, bob, noon, events.MessagePinnedData{Seq: 42, On: true})
	case events.MessageErased:
		return events.New(typ, message, room, ada, noon, events.MessageErasedData{Key: key, Deleted: 43, By: bob})
	case events.ReadMarked:
		return events.New(typ, id("05"), room, bob, noon, events.ReadMarkedData{Seq: 42, At: 45, Unread: 2, Mentioned: []uint64{45}})
	case events.Notified:
		return events.New(typ, notification, bob.ID, ada, noon, events.NotifiedData{
			Kind: "mention", Room: room, Name: "Engine room", Source: message, Seq: 42})
	case events.NotificationRead:
		return events.New(typ, id("06"), bob.ID, bob, noon, events.NotificationReadData{UpTo: 17, Room: room})
	case events.LevelSet:
		return events.New(typ, id("11"), bob.ID, bob, noon, events.LevelSetData{Room: room, Level: "none"})
	case events.CursorMoved:
		return events.New(typ, id("08"), events.NotifierCursor, events.Person{}, noon, events.CursorMovedData{
			Stream: events.Chat, Incarnation: "1f0c9a3e", Seq: 42})
	case events.SessionRevoked:
		return events.New(typ, id("07"), session, bob, noon, events.SessionRevokedData{User: bob.ID, Reason: events.ReasonLogout})
	case events.SessionRestored:
		return events.New(typ, id("09"), session, ada, noon, events.SessionRestoredData{User: bob.ID})
	case events.SecurityNoted:
		return events.New(typ, id("0a"), bob.ID, bob, noon, events.SecurityNotedData{
			Kind: events.NotedLogin, Device: "Firefox on Linux", Address: "192.0.2.7", Session: session})
	}
	t.Fatalf("%s has no example: add one here, then run `go generate ./events`", typ)
	return events.Event{}
}
