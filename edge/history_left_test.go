package edge

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

// interrupted are rows during whose reading something happens, once.
type interrupted struct {
	Rows
	once atomic.Pointer[func()]
}

func (r *interrupted) RoomPage(ctx context.Context, reader, room string, from, to uint64, limit int, oldest bool) (chat.RoomPage, error) {
	page, err := r.Rows.RoomPage(ctx, reader, room, from, to, limit, oldest)
	if happens := r.once.Swap(nil); happens != nil {
		(*happens)()
	}
	return page, err
}

func TestAPageShowsNothingOfWhatWasSaidAfterItsReaderLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		after int           // messages after the leave
		limit int           // of the page
		takes time.Duration // how long the page takes
		want  int           // status
	}{
		{"while the page was read", 3, 50, 0, http.StatusOK},
		{"while the page was read, just before it begins", 1, 1, 0, http.StatusNotFound},
		{"while the page was read, and much was said since", 60, 50, 0, http.StatusOK},
		{"while the page was read for long, longer ago than it reaches", 60, 50, 2 * longPage, http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			rows := &interrupted{}
			var late atomic.Int64
			start := time.Now()
			n := w.edge(func(_ *Config, d *Deps) {
				rows.Rows, d.Rows = d.Rows, rows
				// The clock goes on by late alone: a slow machine makes no page long.
				d.Now = func() time.Time { return start.Add(time.Duration(late.Load())) }
			})
			ann, ben := n.join(t, "ann"), n.join(t, "ben")
			room := ben.makes(n, chat.Public, "tea").ID
			ann.enters(n, room)
			ben.posts(n, room, "welcome")
			leaves := func() {
				ann.call(n, http.MethodPost, "/api/rooms/"+room+"/leave", "").must(t, http.StatusNoContent)
				for i := range c.after {
					ben.posts(n, room, fmt.Sprintf("ann is gone %d", i))
				}
				late.Add(int64(c.takes))
			}
			rows.once.Store(&leaves)
			got := ann.call(n, http.MethodGet, fmt.Sprintf("/api/rooms/%s/messages?limit=%d", room, c.limit), "").must(t, c.want)
			if c.want != http.StatusOK {
				return
			}
			page := into[Page](t, got)
			last := page.Items[len(page.Items)-1]
			if len(page.Items) != 5 || page.Position != n.position("CHAT", last.Seq) {
				t.Errorf("ann sees %d events up to %s, want 5, the last her leaving: %s", len(page.Items), page.Position, last.Event)
			}
		})
	}
}
