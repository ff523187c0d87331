package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/test/client"
)

// watcher is a socket that watches who is there in one room and counts what it
// is told. Each frame must have the number after the one before it.
type watcher struct {
	ws     *websocket.Conn
	done   chan struct{}
	frames atomic.Uint64
	lost   atomic.Uint64
}

func newWatcher(ctx context.Context, edge string, p *target.Person, room string) (*watcher, error) {
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Subprotocols: []string{client.Subprotocol}}
	ws, _, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(edge, "http")+"/api/ws", nil)
	if err != nil {
		return nil, err
	}
	w := &watcher{ws: ws, done: make(chan struct{})}
	for _, frame := range []any{
		map[string]any{"op": "auth", "id": 1, "token": token},
		map[string]any{"op": "subscribe", "id": 2, "rooms": []map[string]string{{"room": room}}},
		map[string]any{"op": "watch", "id": 3, "rooms": []string{room}},
	} {
		if err := ws.WriteJSON(frame); err != nil {
			return nil, err
		}
	}
	n, err := w.present()
	if err != nil {
		_ = ws.Close()
		return nil, err
	}
	go w.read(n)
	return w, nil
}

// sight is a frame about presence.
type sight struct {
	Op   string `json:"op"`
	N    uint64 `json:"n"`
	Code string `json:"code"`
}

// present reads until the room's snapshot.
func (w *watcher) present() (n uint64, err error) {
	for {
		var s sight
		if err := w.ws.ReadJSON(&s); err != nil {
			return 0, err
		}
		switch s.Op {
		case "present":
			return s.N, nil
		case "error":
			return 0, fmt.Errorf("refused: %s", s.Code)
		}
	}
}

func (w *watcher) read(n uint64) {
	defer close(w.done)
	for {
		_, raw, err := w.ws.ReadMessage()
		if err != nil {
			return
		}
		var s sight
		if json.Unmarshal(raw, &s) != nil || s.Op != "presence" {
			continue
		}
		if s.N != n+1 {
			w.lost.Add(1)
		}
		n = s.N
		w.frames.Add(1)
	}
}

func (w *watcher) close() {
	_ = w.ws.Close()
	<-w.done
}
