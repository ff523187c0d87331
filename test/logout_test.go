package test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

func TestALogoutAtOneEdgeClosesEverythingOfTheSessionAtTheOther(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	other := client.New(w.Edges[1].URL) // the same person, on another device
	alice.must("log in again", other.Login(alice.ctx(), alice.Name, password))

	there := alice.At(w.Edges[1].URL)
	socket, stream := open(t, there, client.NewBell())
	_, err := socket.Subscribe(alice.ctx(), room, "")
	alice.must("subscribe", err)
	kept, keptStream := open(t, other, client.NewBell())
	ticket, err := there.Ticket(alice.ctx())
	alice.must("get a ticket", err)

	alice.must("log out", alice.At(w.Edges[0].URL).Logout(alice.ctx()))
	done := time.Now()
	wait(t, socket.Done(), "the socket's end")
	wait(t, stream.Done(), "the stream's end")
	t.Logf("both were closed %s after the logout was answered", time.Since(done))
	if end := socket.End(); end.Code != 4403 {
		t.Errorf("the socket ended with %d %q, want 4403", end.Code, end.Reason)
	}

	for _, edge := range w.Edges {
		at := alice.At(edge.URL)
		for what, err := range map[string]error{
			"me":       second(at.Me(alice.ctx())),
			"post":     second(at.Post(alice.ctx(), room, chat.NewID(), "still here?")),
			"history":  second(at.History(alice.ctx(), room, "", "", 1)),
			"ticket":   second(at.Ticket(alice.ctx())),
			"stream":   second(at.Listen(alice.ctx(), client.NewBell())),
			"refresh":  at.Refresh(alice.ctx()),
			"rejoin":   at.Join(alice.ctx(), room),
			"ticketed": ticketed(alice.ctx(), edge.URL, ticket),
		} {
			if statusOf(err) != http.StatusUnauthorized {
				t.Errorf("%s at %s: %v, want 401", what, edge.Name, err)
			}
		}
		refused, err := client.Dial(alice.ctx(), edge.URL, client.DialOptions{})
		alice.must("dial", err)
		if _, err := refused.Auth(alice.ctx(), alice.Token()); err == nil {
			t.Errorf("%s welcomed the token of a session that has ended", edge.Name)
		}
		wait(t, refused.Done(), "the refused socket's end")
	}
	if _, err := kept.Ping(alice.ctx()); err != nil {
		t.Errorf("the other session's socket was closed, too: %v", err)
	}
	select {
	case <-keptStream.Done():
		t.Error("the other session's stream was closed, too")
	default:
	}
	if _, err := other.Me(alice.ctx()); err != nil {
		t.Errorf("the other session is refused, too: %v", err)
	}
}

// ticketed connects with a ticket and reports how that was refused.
func ticketed(ctx context.Context, edge, ticket string) error {
	s, err := client.Dial(ctx, edge, client.DialOptions{Ticket: ticket})
	if err != nil {
		return err
	}
	defer s.Cut()
	select {
	case <-s.Done():
		return &client.Problem{Status: http.StatusUnauthorized, Code: "closed"}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open connects a socket and a stream of a login, which end with the test.
func open(t *testing.T, c *client.Client, bell *client.Bell) (*client.Socket, *client.Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	s, err := client.Dial(ctx, c.Edge, client.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Cut)
	if _, err := s.Auth(ctx, c.Token()); err != nil {
		t.Fatal(err)
	}
	stream, err := c.Listen(t.Context(), bell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Cut)
	return s, stream
}

func wait(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatalf("waited %s in vain for %s", deadline, what)
	}
}
