package persister_test

import (
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
)

// A broker that starts knows from its streams alone which messages it has: of one
// that was erased already it would take a retry as a new message.
func TestARetryAfterADeletionAndARestartOfTheLogIsNoSecondMessage(t *testing.T) {
	server := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	w := newWorldWith(t, server.URL(), testenv.Postgres(t))
	w.eraseAfter = time.Minute
	w.starts("persister-1")
	room := chat.NewID()
	fresh, old := message(room, ada, "a-secret-of-mine"), message(room, ada, "an old one")
	old.Time = old.Time.Add(-time.Hour)
	first, second := w.publish(old), w.publish(fresh)
	w.publish(deletion(fresh, second))
	w.publish(deletion(old, first))
	w.applied(w.db)
	w.forgets(first) // so the persister has looked
	w.must(server.Restart(w.ctx))
	testenv.Eventually(w, func() error {
		seq, duplicate, err := w.log.Publish(w.ctx, fresh)
		if err == nil && (!duplicate || seq != second) {
			t.Errorf("the retry is a message of its own at %d, not the one at %d", seq, second)
		}
		return err
	})
	if _, err := w.log.Get(w.ctx, events.Chat, second); err != nil {
		t.Error(err)
	}
	w.eraseAfter = 0
	w.starts("persister-2")
	w.forgets(second)
}
