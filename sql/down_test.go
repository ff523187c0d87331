package sql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

func TestADatabaseThatIsDownIsUnavailableAndComesBack(t *testing.T) {
	server := testenv.StartPostgres(t, local.PostgresOptions{})
	w := &world{DB: open(t, server.URL()), t: t, url: server.URL(), log: &fakeLog{}}
	if err := w.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ada := w.person("ada")
	w.log.append(posted(ada, sql.LobbyID, "x"))
	p := w.Projection(sql.ChatConsumer)
	at := must[uint64](t)(p.Offset(t.Context(), events.Chat, incarnation))
	batch := w.log.batch(events.Chat, at, w.log.last(events.Chat))

	server.Kill()
	for name, call := range map[string]func() error{
		"Ready":    func() error { return w.Ready(t.Context()) },
		"Join":     func() error { _, _, err := w.Join(t.Context(), ada, sql.LobbyID); return err },
		"MyRooms":  func() error { _, _, _, err := w.MyRooms(t.Context(), ada.ID, 100); return err },
		"RoomPage": func() error { _, err := w.RoomPage(t.Context(), "", sql.LobbyID, 0, 0, 10, false); return err },
		"TakeTurn": func() error {
			_, err := w.TakeTurn(t.Context(), chat.Turn{User: ada.ID, Room: sql.LobbyID, Message: chat.NewID()}, time.Hour)
			return err
		},
		"FlushOutbox": func() error { return w.FlushOutbox(t.Context(), "chat.x", w.log.publish) },
		"CheckSchema": func() error { return w.CheckSchema(t.Context()) },
		"Migrate":     func() error { return w.Migrate(t.Context()) },
	} {
		if err := call(); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.Apply(t.Context(), batch); err == nil || sql.IsPermanent(err) {
		t.Errorf("Apply: %v", err)
	}

	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := within(t, patience)
	for w.Ready(ctx) != nil && ctx.Err() == nil {
	}
	if err := p.Apply(ctx, batch); err != nil {
		t.Errorf("Apply afterwards: %v", err)
	}
	if _, _, _, err := w.MyRooms(ctx, ada.ID, 100); err != nil {
		t.Errorf("MyRooms afterwards: %v", err)
	}
}

func TestALockedRowIsAsLongAWaitAsAQueryMayTake(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	held, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		ended <- w.FlushOutbox(within(t, patience), subject, func(ctx context.Context, ev events.Event, at time.Time) (uint64, error) {
			select {
			case held <- struct{}{}:
				<-release
			default:
			}
			return w.log.publish(ctx, ev, at)
		})
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	wants(t, w.FlushOutbox(ctx, subject, w.log.publish), chat.Unavailable)
	if ctx.Err() == nil {
		t.Error("it gave up before its time")
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestACallerWhoGoesAwayLeavesTheConnectionUsable(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _, err := w.MyRooms(ctx, ada.ID, 100)
	wants(t, err, chat.Unavailable)
	if _, _, _, err := w.MyRooms(t.Context(), ada.ID, 100); err != nil {
		t.Error(err)
	}
}

func TestABadURLDoesNotShowThePassword(t *testing.T) {
	_, err := sql.Open(t.Context(), "postgres://natter:hunter2@localhost:notaport/x", testenv.Logger(t, 0), nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}
