package sql_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

func (w *world) join(user events.Person, room string) chat.Membership {
	w.t.Helper()
	m, subject, err := w.Join(w.t.Context(), user, room)
	if err != nil {
		w.t.Fatal(err)
	}
	w.flush(subject)
	return m
}

func (w *world) leave(user events.Person, room string) {
	w.t.Helper()
	w.flush(must[string](w.t)(w.Leave(w.t.Context(), user, room)))
}

// membership returns what the database says, and whether there is one.
func (w *world) membership(user events.Person, room string) (chat.Membership, bool) {
	w.t.Helper()
	seat := chat.Seat{User: user.ID, Room: room}
	found := must[map[chat.Seat]chat.Membership](w.t)(w.Memberships(w.t.Context(), []chat.Seat{seat, {User: user.ID, Room: chat.NewID()}, {User: "*", Room: room}}))
	m, ok := found[seat]
	return m, ok
}

func TestAnybodyMayJoinAPublicRoomAndLeaveIt(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	if m := w.join(bob, room); m.Room.Members != 2 || m.Rev != 2 || m.From != 0 {
		t.Errorf("got %+v", m)
	}
	again, subject, err := w.Join(t.Context(), bob, room)
	if err != nil || subject != "" || again.Rev != 2 {
		t.Errorf("joining again: %+v, %q, %v", again, subject, err)
	}
	w.leave(bob, room)
	if _, is := w.membership(bob, room); is {
		t.Error("who left is still a member")
	}
	if subject := must[string](t)(w.Leave(t.Context(), bob, room)); subject != "" {
		t.Errorf("leaving again writes %q", subject)
	}
	if got := w.said(room); got != "room.created member.joined member.joined member.left" {
		t.Errorf("the room says %s", got)
	}
	if m, _ := w.membership(ada, room); m.Room.Members != 1 {
		t.Errorf("%d members are left", m.Room.Members)
	}
}

func TestRevisionsGrowByOneWithEveryJoinAndLeave(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	for range 3 {
		w.join(bob, room)
		w.leave(bob, room)
	}
	want := uint64(0)
	for _, entry := range w.log.of(events.Chat, 0, 99) {
		ev := must[events.Event](t)(entry.Event())
		if ev.Scope != room || ev.Type == events.RoomCreated {
			continue
		}
		want++
		var rev uint64
		if ev.Type == events.MemberJoined {
			data := must[events.MemberJoinedData](t)(events.DataOf[events.MemberJoinedData](ev))
			if rev = data.Rev; data.Again != (want > 2) {
				t.Errorf("revision %d says again: %v", rev, data.Again)
			}
		} else {
			rev = must[events.MemberLeftData](t)(events.DataOf[events.MemberLeftData](ev)).Rev
		}
		if rev != want {
			t.Errorf("got revision %d, want %d", rev, want)
		}
	}
	if want != 7 {
		t.Errorf("%d changes", want)
	}
}

func TestAPrivateRoomIsJoinedByInvitationOnly(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Private, "Plan")
	_, _, err := w.Join(t.Context(), bob, room)
	wants(t, err, chat.NotFound)

	w.flush(must[string](t)(w.Invite(t.Context(), ada, room, "BOB")))
	if subject := must[string](t)(w.Invite(t.Context(), ada, room, "bob")); subject != "" {
		t.Errorf("inviting again writes %q", subject)
	}
	w.join(bob, room)
	w.leave(bob, room)
	_, _, err = w.Join(t.Context(), bob, room) // the invitation is used up
	wants(t, err, chat.NotFound)
	_, err = w.Leave(t.Context(), bob, room)
	wants(t, err, chat.NotFound)
	if got := w.said(room); got != "room.created member.joined member.invited member.joined member.left" {
		t.Errorf("the room says %s", got)
	}
}

func TestStrangersAndExMembersFindNothing(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	private := w.room(ada, chat.Private, "Plan")
	w.flush(must[string](t)(w.Invite(t.Context(), ada, private, "bob")))
	w.join(bob, private)
	w.leave(bob, private)
	direct, subject, err := w.OpenDirect(t.Context(), ada, "bob")
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject)
	tries := map[string]func(events.Person, string) error{
		"join":   func(p events.Person, room string) error { _, _, err := w.Join(t.Context(), p, room); return err },
		"leave":  func(p events.Person, room string) error { _, err := w.Leave(t.Context(), p, room); return err },
		"invite": func(p events.Person, room string) error { _, err := w.Invite(t.Context(), p, room, "ada"); return err },
	}
	for verb, try := range tries {
		for _, c := range []struct {
			who  events.Person
			room string
		}{{eve, private}, {bob, private}, {eve, direct.Room.ID}, {eve, chat.NewID()}, {eve, "*"}, {eve, ""}} {
			if err := try(c.who, c.room); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("%s: %s in %q: %v", verb, c.who.Name, c.room, err)
			}
		}
	}
}

func TestADirectRoomIsForTwoAndForEver(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.person("bob")
	w.person("eve")
	m, subject, err := w.OpenDirect(t.Context(), ada, "bob")
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject)
	_, err = w.Leave(t.Context(), ada, m.Room.ID)
	wants(t, err, chat.Conflict)
	_, err = w.Invite(t.Context(), ada, m.Room.ID, "eve")
	wants(t, err, chat.Conflict)
}

func TestInvitationsHaveRules(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	_, err := w.Invite(t.Context(), ada, room, "bob")
	wants(t, err, chat.Conflict)
	_, err = w.Invite(t.Context(), ada, room, "ada")
	wants(t, err, chat.Conflict)
	_, err = w.Invite(t.Context(), ada, room, "nobody")
	wants(t, err, chat.NotFound)

	for i := range 6 {
		w.person("guest" + strconv.Itoa(i))
	}
	db := w.WithLimits(sql.Limits{Rooms: 10, Members: 10, Invitations: 4, Sessions: 10})
	counts := tally(atOnce(6, func(i int) error {
		_, err := db.Invite(within(t, patience), ada, room, "guest"+strconv.Itoa(i))
		return err
	}))
	if counts[""] != 4 || counts[chat.LimitReached] != 2 {
		t.Errorf("got %v", counts)
	}
}

// Without the lock in lockRoom this lets more people in.
func TestAThousandJoinsAtOnceFillARoomExactly(t *testing.T) {
	w := newWorld(t)
	const tries, bound = 1000, 50
	w.exec(`
		INSERT INTO users (id, name, name_key, password_hash)
		SELECT ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n, 'user' || n, '' FROM generate_series(0, $1 - 1) n`, tries)
	room := w.room(w.person("ada"), chat.Public, "Full")
	db := w.WithLimits(sql.Limits{Rooms: 10, Members: bound, Invitations: 10, Sessions: 10})
	errs := atOnce(tries, func(i int) error {
		name := strconv.Itoa(i)
		user := events.Person{ID: "00000000-0000-7000-9000-" + "000000000000"[:12-len(name)] + name, Name: "user" + name}
		_, _, err := db.Join(within(t, patience), user, room)
		return err
	})
	counts := tally(errs)
	if counts[""] != bound-1 || counts[chat.LimitReached] != tries-bound+1 {
		t.Errorf("got %v", counts)
	}
	if n := len(w.everybody(room)); n != bound {
		t.Errorf("%d members", n)
	}
}

func TestWhoComesBackSeesNothingUntilTheLogHasTheirReturn(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	w.leave(bob, room)
	w.log.append(posted(ada, room, "while bob is away"))

	m, subject, err := w.Join(t.Context(), bob, room)
	if err != nil || m.From != math.MaxInt64 {
		t.Fatalf("before the log has it, bob sees from %d on (%v)", m.From, err)
	}
	w.flush(subject)
	want := w.log.last(events.Chat)
	if m, _ := w.membership(bob, room); m.From != want {
		t.Errorf("bob sees from %d on, not from his return at %d", m.From, want)
	}
}

func TestAnEarlierReturnDoesNotOpenTheTimeBeforeALaterOne(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	w.leave(bob, room)
	for range 2 { // nothing is published in between
		if _, _, err := w.Join(t.Context(), bob, room); err != nil {
			t.Fatal(err)
		}
		must[string](t)(w.Leave(t.Context(), bob, room))
	}
	_, subject, err := w.Join(t.Context(), bob, room)
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject)
	if m, _ := w.membership(bob, room); m.From != w.log.last(events.Chat) {
		t.Errorf("bob sees from %d on, not from his last return at %d", m.From, w.log.last(events.Chat))
	}
}
