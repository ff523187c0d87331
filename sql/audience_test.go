package sql_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// hears returns who listens, as "name level read", sorted.
func (w *world) hears(a chat.Audience) []string {
	w.t.Helper()
	var all []string
	for _, l := range must[[]chat.Listener](w.t)(w.Listeners(w.t.Context(), []chat.Audience{a, {Room: sql.LobbyID}})) {
		if l.Room != a.Room {
			w.t.Errorf("%s listens in another room", l.User.Name)
		}
		all = append(all, fmt.Sprintf("%s %s %d", l.User.Name, l.Level, l.Read))
	}
	slices.Sort(all)
	return all
}

func TestListenersAreWhoIsNamedWhoWantsAllAndACrowd(t *testing.T) {
	w := newWorld(t)
	ada, bob, cleo, dan := w.person("ada"), w.person("bob"), w.person("cleo"), w.person("dan")
	room := w.room(ada, chat.Public, "Tea")
	w.join(bob, room)
	w.join(cleo, room)
	at := w.log.append(posted(ada, room, "hello")).Seq
	w.log.append(marked(bob, room, at))
	w.fold()
	w.flush(must[string](t)(w.SetLevel(t.Context(), cleo, room, chat.LevelAll)))
	for name, c := range map[string]struct {
		asked chat.Audience
		want  []string
	}{
		"nobody":       {chat.Audience{Room: room}, []string{"cleo all 0"}},
		"named":        {chat.Audience{Room: room, Named: []string{bob.ID, dan.ID}}, []string{fmt.Sprint("bob mentions ", at), "cleo all 0"}},
		"a crowd":      {chat.Audience{Room: room, Crowd: true, Named: []string{bob.ID}}, []string{"ada mentions 0", fmt.Sprint("bob mentions ", at), "cleo all 0"}},
		"no such room": {chat.Audience{Room: chat.NewID(), Crowd: true}, nil},
	} {
		if got := w.hears(c.asked); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w.leave(cleo, room)
	w.join(cleo, room)
	l := must[[]chat.Listener](t)(w.Listeners(t.Context(), []chat.Audience{{Room: room}}))
	if len(l) != 1 || l[0].From != w.log.last(events.Chat) || l[0].User != cleo {
		t.Errorf("after her return: %+v", l)
	}
}

func TestWhoHasLeftTakesNoPlaceOfThoseWhoListen(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "Tea")
	w.join(bob, room)
	w.flush(must[string](t)(w.SetLevel(t.Context(), bob, room, chat.LevelAll)))
	w.exec(`WITH gone AS (
			INSERT INTO users (id, name, name_key, password_hash)
			SELECT lpad(n::text, 32, '0')::uuid, 'gone' || n, 'gone' || n, '' FROM generate_series(1, $1) n RETURNING id, name_key
		), were AS (
			INSERT INTO members (room_id, user_id, name_key, rev, joined, left_at) SELECT $2, id, name_key, 1, now(), now() FROM gone
		)
		INSERT INTO levels (room_id, user_id, level) SELECT $2, id, 'all' FROM gone`, chat.MaxTold, room)
	if got := w.hears(chat.Audience{Room: room}); !slices.Equal(got, []string{"bob all 0"}) {
		t.Errorf("%q", got)
	}
}
