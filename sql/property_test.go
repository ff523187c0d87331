package sql_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// fewChecks makes rapid do less than its default unless somebody asked for a
// number: -rapid.checks=1000 is tens of thousands of operations.
func fewChecks(t *testing.T, checks string) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", checks); err != nil {
			t.Fatal(err)
		}
	}
}

// modelled is a room beside its model.
type modelled struct {
	*roomModel
	db     *sql.DB
	conn   *pgx.Conn
	id     string
	people []events.Person
	hashes [][]byte // of the links
	ids    []string
}

// Whatever people do with a room, each answer and the tables are what a plain
// model says, and so is what the outbox tells, replayed.
func TestARoomIsWhatItsModelSays(t *testing.T) {
	fewChecks(t, "40")
	w := newWorld(t)
	var people []events.Person
	for i := range 6 {
		people = append(people, w.person(fmt.Sprint("person", i)))
	}
	db := w.WithLimits(sql.Limits{Rooms: 1 << 20, Members: 1 << 20, Invitations: 1000, Sessions: 5})
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), w.url))
	defer conn.Close(context.Background())
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{chat.Public, chat.Private, chat.Announcement}).Draw(t, "kind")
		capacity := rapid.SampledFrom([]int{0, 2, 4}).Draw(t, "capacity")
		r := &modelled{newRoomModel(kind, capacity), db, conn, chat.NewID(), people, nil, nil}
		if _, _, err := db.Create(t.Context(), people[1], chat.NewRoom{ID: r.id, Kind: kind, Name: "Model", Capacity: capacity}); err != nil {
			t.Fatal(err)
		}
		t.Repeat(r.operations())
		r.replays(t)
	})
}

// agrees compares an answer with the model's.
func (r *modelled) agrees(t *rapid.T, want chat.Code, err error) {
	t.Helper()
	if got := chat.CodeOf(err); got != want {
		t.Fatalf("got %q (%v), the model says %q", got, err, want)
	}
}

func (r *modelled) operations() map[string]func(*rapid.T) {
	one := func(t *rapid.T, label string) int { return rapid.IntRange(0, len(r.people)-1).Draw(t, label) }
	pair := func(t *rapid.T) (a, b int) { return one(t, "actor"), one(t, "target") }
	reason := "because"
	return map[string]func(*rapid.T){
		"": r.isSound,
		"join": func(t *rapid.T) {
			a := one(t, "actor")
			_, _, err := r.db.Join(t.Context(), r.people[a], r.id)
			r.agrees(t, r.join(a, -1), err)
		},
		"leave": func(t *rapid.T) {
			a := one(t, "actor")
			_, err := r.db.Leave(t.Context(), r.people[a], r.id)
			r.agrees(t, r.leave(a), err)
		},
		"invite": func(t *rapid.T) {
			a, b := pair(t)
			_, err := r.db.Invite(t.Context(), r.people[a], r.id, r.people[b].Name)
			r.agrees(t, r.invite(a, b), err)
		},
		"make a link": func(t *rapid.T) {
			a, uses := one(t, "actor"), rapid.IntRange(1, 2).Draw(t, "uses")
			hash := []byte(chat.NewID())
			l, err := r.db.MakeLink(t.Context(), r.people[a], r.id, chat.NewRoomLink{Hash: hash, Uses: uses, Lasts: time.Hour})
			r.agrees(t, r.makeLink(a, uses), err)
			if err == nil {
				r.hashes, r.ids = append(r.hashes, hash), append(r.ids, l.ID)
			}
		},
		"join by a link": func(t *rapid.T) {
			if len(r.links) == 0 {
				t.Skip()
			}
			a, link := one(t, "actor"), rapid.IntRange(0, len(r.links)-1).Draw(t, "link")
			_, _, err := r.db.JoinByLink(t.Context(), r.people[a], r.hashes[link])
			r.agrees(t, r.join(a, link), err)
		},
		"end a link": func(t *rapid.T) {
			if len(r.links) == 0 {
				t.Skip()
			}
			a, link := one(t, "actor"), rapid.IntRange(0, len(r.links)-1).Draw(t, "link")
			want := r.acting(a, chat.Moderator)
			r.links[link].ended = r.links[link].ended || want == ""
			r.agrees(t, want, r.db.EndLink(t.Context(), r.people[a], r.id, r.ids[link]))
		},
		"remove": func(t *rapid.T) {
			a, b := pair(t)
			_, err := r.db.Remove(t.Context(), r.people[a], r.id, r.people[b].ID, reason)
			r.agrees(t, r.remove(a, b), err)
		},
		"ban": func(t *rapid.T) {
			a, b := pair(t)
			lasts := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "lasts")
			_, err := r.db.Ban(t.Context(), r.people[a], r.id, r.people[b].ID, reason, lasts)
			r.agrees(t, r.ban(a, b), err)
		},
		"unban": func(t *rapid.T) {
			a, b := pair(t)
			want := r.acting(a, chat.Moderator)
			r.agrees(t, want, r.db.Unban(t.Context(), r.people[a], r.id, r.people[b].ID))
			r.banned[b] = r.banned[b] && want != ""
		},
		"a ban's time comes": func(t *rapid.T) {
			b := one(t, "target")
			r.exec(t, `UPDATE bans SET expires = now() - interval '1 second' WHERE room_id = $1 AND user_id = $2`, r.id, r.people[b].ID)
			delete(r.banned, b)
		},
		"mute": func(t *rapid.T) {
			a, b := pair(t)
			lasts := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "lasts")
			_, err := r.db.Mute(t.Context(), r.people[a], r.id, r.people[b].ID, lasts)
			r.agrees(t, r.mute(a, b, lasts > 0), err)
		},
		"set a role": func(t *rapid.T) {
			a, b := pair(t)
			role := rapid.SampledFrom([]chat.Role{chat.Moderator, chat.Plain}).Draw(t, "role")
			_, err := r.db.SetMemberRole(t.Context(), r.people[a], r.id, r.people[b].ID, role)
			r.agrees(t, r.setRole(a, b, role), err)
		},
		"hand over": func(t *rapid.T) {
			a, b := pair(t)
			_, err := r.db.HandOver(t.Context(), r.people[a], r.id, r.people[b].ID)
			r.agrees(t, r.handOver(a, b), err)
		},
		"change": func(t *rapid.T) {
			a := one(t, "actor")
			c := chat.RoomChange{}
			var code chat.Code
			set := func() {}
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				topic := rapid.SampledFrom([]string{"", "Bees"}).Draw(t, "topic")
				c.Topic, set = &topic, func() { r.topic = topic }
			case 1:
				kind := rapid.SampledFrom([]string{chat.Public, chat.Private, chat.Announcement}).Draw(t, "kind")
				c.Kind, set = &kind, func() { r.kind = kind }
			case 2:
				capacity := rapid.IntRange(0, 5).Draw(t, "capacity")
				code = when(capacity > 0 && capacity < len(r.roles), chat.Conflict)
				c.Capacity, set = &capacity, func() { r.capacity = capacity }
			}
			_, _, err := r.db.Change(t.Context(), r.people[a], r.id, c)
			r.agrees(t, r.change(a, c.Takes(), first(when(r.archived, chat.Archived), code), set), err)
		},
		"archive": func(t *rapid.T) {
			a, archived := one(t, "actor"), rapid.Bool().Draw(t, "archived")
			_, _, err := r.db.Archive(t.Context(), r.people[a], r.id, archived)
			r.agrees(t, r.change(a, chat.Owner, "", func() { r.archived = archived }), err)
		},
	}
}

func (r *modelled) exec(t *rapid.T, statement string, args ...any) {
	t.Helper()
	if _, err := r.conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// seated is a line of the room's members, whoever keeps them.
type seated struct {
	User, Role string
	Muted      time.Time
}

// isSound compares the tables with the model, and with what must always hold.
func (r *modelled) isSound(t *rapid.T) {
	t.Helper()
	var count, rev, capacity int
	var kind, topic string
	var archived bool
	err := r.conn.QueryRow(t.Context(), `SELECT member_count, rev, capacity, kind, topic, archived FROM rooms WHERE id = $1`, r.id).
		Scan(&count, &rev, &capacity, &kind, &topic, &archived)
	if err != nil {
		t.Fatal(err)
	}
	if count != len(r.roles) || rev != r.rev || capacity != r.capacity || kind != r.kind || topic != r.topic || archived != r.archived {
		t.Fatalf("the room is %d members, revision %d, %d, %s, %q, %t; the model %+v", count, rev, capacity, kind, topic, archived, *r.roomModel)
	}
	if capacity > 0 && count > capacity {
		t.Fatalf("%d members in a room of %d", count, capacity)
	}
	owners := 0
	members := r.stored(t)
	for _, m := range members {
		i := slices.IndexFunc(r.people, func(p events.Person) bool { return p.ID == m.User })
		if string(r.roles[i]) != m.Role || r.muted[i] != !m.Muted.IsZero() {
			t.Fatalf("person %d is %+v; the model: %s, muted %t", i, m, r.roles[i], r.muted[i])
		}
		if m.Role == string(chat.Owner) {
			owners++
		}
	}
	if len(members) != count || count > 0 && owners != 1 || count == 0 && !archived {
		t.Fatalf("%d rows of %d members, %d owners, archived %t", len(members), count, owners, archived)
	}
}

func (r *modelled) stored(t *rapid.T) []seated {
	t.Helper()
	rows, err := r.conn.Query(t.Context(), `
		SELECT user_id::text, role, coalesce(muted, '0001-01-01 00:00:00Z') FROM members
		WHERE room_id = $1 AND left_at IS NULL ORDER BY user_id`, r.id)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[seated])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// replays folds what the outbox tells of the room: the revisions grow by one with
// each event that has one, and the members are those of the table.
func (r *modelled) replays(t *rapid.T) {
	t.Helper()
	rows, err := r.conn.Query(t.Context(), `SELECT event FROM outbox WHERE subject = $1 ORDER BY id`, events.Chat.Subject(r.id))
	if err != nil {
		t.Fatal(err)
	}
	told, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	f := foldedRoom{members: map[string]seated{}, muted: map[string]time.Time{}}
	for _, envelope := range told {
		ev, err := events.Decode([]byte(envelope))
		if err == nil {
			err = f.take(ev)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, envelope)
		}
	}
	if int(f.rev) != r.rev {
		t.Fatalf("the events end at revision %d, the room at %d", f.rev, r.rev)
	}
	stored := r.stored(t)
	for _, m := range stored {
		if has := f.members[m.User]; has.Role != m.Role || !has.Muted.Equal(m.Muted) {
			t.Fatalf("the table says %+v, the events %+v", m, has)
		}
	}
	if len(stored) != len(f.members) {
		t.Fatalf("%d members by the table, %d by the events", len(stored), len(f.members))
	}
	if f.changed != nil && (f.changed.Topic != r.topic || f.changed.Kind != r.kind || f.changed.Capacity != r.capacity || f.changed.Archived != r.archived) {
		t.Fatalf("the last room.changed is %+v, the model %+v", *f.changed, *r.roomModel)
	}
}

// foldedRoom is what a reader of the log knows.
type foldedRoom struct {
	rev     uint64
	members map[string]seated
	muted   map[string]time.Time
	changed *events.RoomChangedData
}

func (f *foldedRoom) take(ev events.Event) error {
	var rev uint64
	var err error
	switch ev.Type {
	case events.MemberJoined:
		var data events.MemberJoinedData
		data, err = events.DataOf[events.MemberJoinedData](ev)
		rev = data.Rev
		role := data.Role
		if role == "" {
			role = string(chat.Plain)
		}
		f.members[data.User.ID] = seated{data.User.ID, role, f.muted[data.User.ID]}
	case events.MemberLeft:
		var data events.MemberLeftData
		data, err = events.DataOf[events.MemberLeftData](ev)
		rev = data.Rev
		delete(f.members, data.User.ID)
	case events.MemberChanged:
		var data events.MemberChangedData
		data, err = events.DataOf[events.MemberChangedData](ev)
		rev = data.Rev
		f.muted[data.User.ID] = data.Muted
		f.members[data.User.ID] = seated{data.User.ID, data.Role, data.Muted}
	case events.RoomChanged:
		var data events.RoomChangedData
		data, err = events.DataOf[events.RoomChangedData](ev)
		rev, f.changed = data.Rev, &data
	default:
		return nil
	}
	if err == nil && rev != f.rev+1 {
		err = fmt.Errorf("revision %d after %d", rev, f.rev)
	}
	f.rev = rev
	return err
}
