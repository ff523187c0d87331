package edge

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"sync"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// sinkRecorder is a connection that takes everything.
type sinkRecorder struct {
	mu        sync.Mutex
	frames    [][]byte
	forgotten int
}

func (r *sinkRecorder) push(frame []byte) { r.send(frame) }

func (r *sinkRecorder) send(frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, frame)
}

func (r *sinkRecorder) space() int                 { return math.MaxInt }
func (r *sinkRecorder) wait(context.Context) error { return nil }
func (r *sinkRecorder) forget(*subscription)       { r.forgotten++ }

// count returns how many frames contain text.
func (r *sinkRecorder) count(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, frame := range r.frames {
		if bytes.Contains(frame, []byte(text)) {
			n++
		}
	}
	return n
}

// newTestTopic is a room's topic of a hub without a log: Event is called by
// the test.
func newTestTopic() *topic {
	log := &jetstream.Log{}
	h := &hub{edge: &Edge{Deps: Deps{Log: log, Logger: slog.New(slog.DiscardHandler)}}, log: log, metrics: newLiveMetrics(nil), ping: encodeControl(wsPing, nil), queueBytes: defaultQueue,
		topics: map[string]*topic{}, reads: make(chan struct{}, 1)}
	h.pools.init()
	h.base, h.cancel = context.WithCancel(context.Background())
	const room = "01900000-0000-7000-8000-000000000001"
	t := &topic{hub: h, follow: &follower{log: log, stream: events.Chat}, subject: "chat." + room, scope: room, codec: roomCodec{room}}
	t.start(0)
	t.hold()
	return t
}
