package edge

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/chat"
)

// onlooker is a client that keeps up who is there in one room, and insists that
// nothing is missed or repeated.
type onlooker struct {
	*socket
	room   string
	n      uint64
	people map[string]chat.Standing // of those who are not offline
	seen   map[string]time.Time
	typers []string
	here   int
	away   int
}

// sight is a frame about presence.
type sight struct {
	Op     string          `json:"op"`
	Room   string          `json:"room"`
	N      uint64          `json:"n"`
	People []presentPerson `json:"people"`
	User   json.RawMessage `json:"user"`
	State  chat.Standing   `json:"state"`
	Seen   time.Time       `json:"seen"`
	Here   *int            `json:"here"`
	Away   *int            `json:"away"`
	Code   json.RawMessage `json:"code"`
}

// watches subscribes to the room and watches who is there.
func (p *person) watches(n *node, room string) *onlooker {
	p.t.Helper()
	o := &onlooker{socket: p.connects(n), room: room}
	if a := o.follows(room, ""); a.Op != "subscribed" {
		p.t.Fatalf("%+v", a)
	}
	o.sends(watchFrame{Op: "watch", ID: 9, Rooms: []string{room}})
	for o.people == nil && o.here == 0 {
		o.look()
	}
	return o
}

// look takes one frame.
func (o *onlooker) look() (s sight) {
	o.t.Helper()
	o.ws.SetReadDeadline(time.Now().Add(patience))
	_, raw, err := o.ws.ReadMessage()
	if err != nil {
		o.t.Fatalf("read: %v", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		o.t.Fatalf("%v: %s", err, raw)
	}
	o.take(s, raw)
	return s
}

func (o *onlooker) take(s sight, raw []byte) {
	o.t.Helper()
	var user string
	switch s.Op {
	case "present":
		o.n, o.people, o.seen = s.N, map[string]chat.Standing{}, map[string]time.Time{}
		for _, p := range s.People {
			if p.State != chat.Offline {
				o.people[p.User] = p.State
			} else {
				o.seen[p.User] = p.Seen
			}
		}
		if s.Here != nil {
			o.here, o.away = *s.Here, *s.Away
		}
	case "presence":
		_ = json.Unmarshal(s.User, &user)
		if o.people == nil || s.Room != o.room || s.N != o.n+1 {
			o.t.Fatalf("after %d comes %s (snapshot there: %v)", o.n, raw, o.people != nil)
		}
		o.n = s.N
		if s.Here != nil {
			o.here, o.away = *s.Here, *s.Away
			return
		}
		if was, ok := o.people[user]; was == s.State || !ok && s.State == chat.Offline {
			o.t.Fatalf("%s says nothing new: %q", raw, was)
		}
		o.people[user] = s.State
		if s.State == chat.Offline {
			delete(o.people, user)
			o.seen[user] = s.Seen
		}
	case "typing":
		_ = json.Unmarshal(s.User, &user)
		o.typers = append(o.typers, user)
	case "event", "marker":
	default:
		o.t.Fatalf("heard %s", raw)
	}
}

// sees reads until the person stands so.
func (o *onlooker) sees(p *person, is chat.Standing) {
	o.t.Helper()
	for o.of(p) != is {
		o.look()
	}
}

func (o *onlooker) of(p *person) chat.Standing {
	if is, ok := o.people[p.id]; ok {
		return is
	}
	return chat.Offline
}

// closes ends a socket as a client does.
func (s *socket) closes() {
	_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
	_ = s.ws.Close()
}

func TestComingsAndGoingsReachWatchersOnEveryEdge(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(two, room)
	watching := ada.watches(one, room)
	watching.sees(ada, chat.Here)
	watching.sees(bob, chat.Offline)
	laptop := bob.connects(two)
	watching.sees(bob, chat.Here)
	laptop.sends(standingFrame{Op: "presence", State: chat.Away})
	watching.sees(bob, chat.Away)
	phone := bob.connects(one) // several devices count once, and the best of them counts
	watching.sees(bob, chat.Here)
	phone.closes()
	watching.sees(bob, chat.Away)
	laptop.closes()
	watching.sees(bob, chat.Offline)
	if age := time.Since(watching.seen[bob.id]); age < -time.Second || age > 20*time.Second {
		t.Errorf("bob was seen %s ago", age)
	}
	if on := one.presence.here([]string{ada.id, bob.id}); !slices.Equal(on, []string{ada.id}) {
		t.Errorf("here are %v", on)
	}
}

// leaves a room.
func (p *person) leaves(n *node, room string) {
	p.t.Helper()
	p.call(n, "POST", "/api/rooms/"+room+"/leave", "").must(p.t, 204)
}

// hurry makes people gone as soon as they have no connection.
func (n *node) hurry() {
	n.presence.mu.Lock()
	defer n.presence.mu.Unlock()
	n.presence.linger = 0
}
