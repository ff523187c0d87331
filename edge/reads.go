package edge

import (
	"context"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// reads takes read markers to the log, one at a time for each person and room.
// Those that come meanwhile wait and become one, the largest: markers only grow,
// and whoever scrolls sends many.
type reads struct {
	edge     *Edge
	counting chan struct{} // has room for those who count with the database

	mu   sync.Mutex
	busy map[chat.Seat][]waitingRead // what waits for the marker that is on its way
}

type waitingRead struct {
	seq  uint64
	done func(Ack, error)
}

const (
	// countsAtOnce keeps those who read far back from taking the whole pool of
	// connections to the database.
	countsAtOnce = 4
	// countTime bounds counting. A marker that could not be counted goes out
	// without counts.
	countTime = 2 * time.Second
)

func newReads(e *Edge) *reads {
	return &reads{edge: e, counting: make(chan struct{}, countsAtOnce), busy: map[chat.Seat][]waitingRead{}}
}

// mark publishes that who has read the room up to seq, which somebody has
// checked. done is called exactly once, perhaps before it returns, and must not
// block.
func (r *reads) mark(ctx context.Context, who chat.Principal, room string, seq uint64, done func(Ack, error)) {
	seat := chat.Seat{User: who.User.ID, Room: room}
	r.mu.Lock()
	waiting, busy := r.busy[seat]
	if busy {
		r.busy[seat] = append(waiting, waitingRead{seq, done})
	} else {
		r.busy[seat] = nil
	}
	r.mu.Unlock()
	if !busy {
		r.publish(ctx, who, seat, []waitingRead{{seq, done}})
	}
}

// publish sends one marker for all of them: the largest, or the one that stands if
// that is larger. Whoever sends a smaller one does not know of it.
func (r *reads) publish(ctx context.Context, who chat.Principal, seat chat.Seat, these []waitingRead) {
	had := r.edge.hub.marker(seat)
	data := events.ReadMarkedData{Seq: had}
	for _, w := range these {
		data.Seq = max(data.Seq, w.seq)
	}
	if had > 0 {
		if c, ok := r.edge.hub.unreadAfter(seat.User, seat.Room, data.Seq); ok {
			r.send(ctx, who, seat, withCounts(data, c), these)
			return
		}
	}
	r.edge.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countTime)
		defer cancel()
		select {
		case r.counting <- struct{}{}:
			data.Seq = max(data.Seq, r.edge.markerOf(ctx, seat))
			c, err := r.edge.unreadAfter(ctx, seat.User, seat.Room, data.Seq)
			<-r.counting
			if err == nil {
				data = withCounts(data, c)
			}
		case <-ctx.Done():
		}
		r.send(ctx, who, seat, data, these)
	})
}

// markerOf returns how far somebody has read, with the tables and the log; 0 if
// they do not tell: the tables will keep the largest all the same.
func (e *Edge) markerOf(ctx context.Context, seat chat.Seat) uint64 {
	rooms := []string{seat.Room}
	rows, offset, err := e.Reading.MyMarkers(ctx, seat.User, rooms)
	if err != nil {
		return 0
	}
	newer, err := e.newerMarkers(ctx, seat.User, rooms, offset)
	if err != nil {
		return rows[seat.Room]
	}
	return max(rows[seat.Room], newer[seat.Room])
}

func withCounts(data events.ReadMarkedData, c chat.Counts) events.ReadMarkedData {
	data.At, data.Unread, data.Mentioned = c.At, c.Unread, c.Mentioned
	if c.Since > data.Seq {
		data.Since = c.Since
	}
	return data
}

func (r *reads) send(ctx context.Context, who chat.Principal, seat chat.Seat, data events.ReadMarkedData, these []waitingRead) {
	ev := events.New(events.ReadMarked, chat.NewID(), seat.Room, who.User, r.edge.Now(), data)
	ev.Trace = events.TraceOf(ctx)
	r.edge.Log.PublishAsync(ev, func(_ uint64, _ bool, err error) {
		if err == nil {
			r.edge.hub.marked(seat, data.Seq)
		}
		for _, w := range these {
			if err != nil {
				w.done(Ack{}, err)
			} else {
				w.done(r.edge.ackFor("", data.Seq), nil)
			}
		}
		r.next(who, seat)
	})
}

// next sends what came meanwhile.
func (r *reads) next(who chat.Principal, seat chat.Seat) {
	r.mu.Lock()
	waiting := r.busy[seat]
	if len(waiting) == 0 {
		delete(r.busy, seat)
	} else {
		r.busy[seat] = nil
	}
	r.mu.Unlock()
	if len(waiting) > 0 {
		r.edge.running.Go(func() { r.publish(events.WithTrace(context.Background()), who, seat, waiting) })
	}
}
