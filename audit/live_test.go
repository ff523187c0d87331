package audit

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
)

func TestAnAuditFindsNothingWhilePeoplePost(t *testing.T) {
	t.Parallel()
	newWorld(t, jetstream.SetupOptions{}).auditsUnderLoad()
}

func TestAnAuditFindsNothingWhilePeoplePostOnThreeServers(t *testing.T) {
	t.Parallel()
	servers, _ := testenv.NATSServers(t)
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.URL())
	}
	newWorldOn(t, strings.Join(urls, ","), jetstream.SetupOptions{Replicas: 3}).auditsUnderLoad()
}

// auditsUnderLoad audits until a thousand entries have come meanwhile.
func (w *world) auditsUnderLoad() {
	w.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	var load sync.WaitGroup
	load.Go(func() { w.chats(ctx) })
	defer load.Wait()
	defer cancel()
	before := w.ends()[events.Chat]
	for end := before; end < before+1000; end = w.ends()[events.Chat] {
		for _, o := range []Options{{}, {After: map[events.Stream]uint64{events.Chat: end}}} {
			if err := w.auditWith(o).Err(); err != nil {
				w.Error(err)
			}
		}
	}
	cancel()
	load.Wait()
	w.settled()
	report := w.audit()
	w.Logf("%d entries of CHAT and %d of NOTIFY in %.2f s", report.Streams[events.Chat].Compared, report.Streams[events.Notify].Compared, report.Seconds)
}

// chats posts, mentions, marks and joins, two thousand times a second at most, until
// ctx ends.
func (w *world) chats(ctx context.Context) {
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-pace.C
		var batch sync.WaitGroup
		for i := range 100 {
			ev := w.message("hello")
			switch {
			case i%5 == 0:
				ev = w.message("@ben", w.ben)
			case i%50 == 1:
				ev = events.New(events.ReadMarked, ev.ID, w.room, w.ben, time.Now(), events.ReadMarkedData{Seq: uint64(n)})
			case i == 2:
				ev = events.New(events.NotificationRead, ev.ID, w.ben.ID, w.ben, time.Now(), events.NotificationReadData{UpTo: uint64(n)})
			case i == 3:
				ev = garbage(events.Chat, w.room)
			}
			batch.Add(1)
			w.log.PublishAsync(ev, func(uint64, bool, error) { batch.Done() }) // what is refused is not in the log
		}
		batch.Wait()
	}
}

func TestWhatTheLogIsTooYoungForIsNotCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{FirstSeq: map[events.Stream]uint64{events.Chat: 101, events.Notify: 51, events.Reads: 11}})
	w.rest()
	w.exec(`INSERT INTO events SELECT room_id, seq - 100, gen_random_uuid(), type, actor_id, at, 'old' FROM events WHERE seq <= 107`)
	w.exec(`INSERT INTO notifications SELECT user_id, seq - 50, gen_random_uuid(), kind, room_id, source_id, at, true, 'old' FROM notifications`)
	w.exec(`INSERT INTO read_markers SELECT room_id, gen_random_uuid(), 7 FROM read_markers`)
	w.finds(Options{}, "")
	report := w.audit()
	if chat, notify := report.Streams[events.Chat], report.Streams[events.Notify]; chat.Gone != 7 || notify.Gone != 5 || chat.First != 101 {
		t.Errorf("%+v, %+v", chat, notify)
	}
}

func TestWhatIsOnItsWayIsLagAndNoDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	testenv.Eventually(w, func() error { // the notifier writes its cursor when it is idle
		report := w.auditWith(Options{})
		if !report.Settled() {
			return errOnItsWay
		}
		return report.Err()
	})
	w.rest()
	w.says("hello, @ben", w.ben)
	report := w.auditWith(Options{})
	if report.Settled() || report.Streams[events.Chat].Lag != 1 || report.NotifierLag != 1 || !report.OK() {
		t.Errorf("%+v, %v", report.Streams[events.Chat], report.Err())
	}
}
