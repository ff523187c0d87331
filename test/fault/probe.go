package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// probe tells when natter works again: at every edge.
type probe struct {
	*person
	room  string
	lives []*watched // one at each edge, and at no other
	n     int
}

// recoverWithin is how long natter may take before it counts as broken for good.
const recoverWithin = 60 * time.Second

func (t *town) settleProbe(ctx context.Context, rng *dice, o options) error {
	p, err := t.member(ctx, "probe", rng)
	if err != nil {
		return err
	}
	t.probe = &probe{person: p, room: t.rooms[0]}
	for i, url := range t.urls {
		w := &watched{name: fmt.Sprint("probe/", i), rooms: []string{t.probe.room}, only: url}
		if err := t.watch(ctx, p, w, 0, true); err != nil {
			return err
		}
		t.probe.lives = append(t.probe.lives, w)
	}
	t.lives = append(t.lives, t.probe.lives...)
	t.fresh(p)
	return nil
}

// recovered waits until a new write succeeds at every edge, each arrives live
// at every edge, and all are stored, as are the notifications that they cause.
func (t *town) recovered(ctx context.Context, c *cluster.Cluster) error {
	ctx, cancel := context.WithTimeout(ctx, recoverWithin)
	defer cancel()
	ids, errs := make([]string, len(t.urls)), make([]error, len(t.urls))
	var all sync.WaitGroup
	for i := range t.urls {
		t.probe.n++
		w := words{t.probe.room, chat.NewID(), fmt.Sprintf("probe %d for @%s", t.probe.n, t.names[0])}
		all.Go(func() {
			ids[i], errs[i] = t.writes(ctx, w, i)
			for j := 0; j < len(t.probe.lives) && errs[i] == nil; j++ {
				errs[i] = t.arrives(ctx, ids[i], j)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return stored(ctx, c, ids)
}

// writes posts at one edge until that acknowledges it.
func (t *town) writes(ctx context.Context, w words, edge int) (id string, err error) {
	for try := 1; ; try++ {
		once, cancel := context.WithTimeout(ctx, 3*time.Second)
		ack, err := t.attempt(once, t.probe.person, w, edge, try)
		cancel()
		if err == nil {
			return ack.Message, nil
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return "", fmt.Errorf("%s takes no post: %w", t.urls[edge], err)
		}
	}
}

func (t *town) arrives(ctx context.Context, id string, edge int) error {
	w := t.probe.lives[edge]
	err := w.Journal.Wait(ctx, t.probe.room, func(r client.Room) bool {
		for i := len(r.Events) - 1; i >= 0 && i > len(r.Events)-2000; i-- {
			if r.Events[i].ID == id {
				return true
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("a post never arrived live at %s: %w", t.urls[edge], err)
	}
	return nil
}

// stored waits for the posts' rows and those of the notifications.
func stored(ctx context.Context, c *cluster.Cluster, ids []string) error {
	list := "('" + strings.Join(ids, "','") + "')"
	query := "SELECT (SELECT count(*) FROM events WHERE id IN " + list + "), (SELECT count(*) FROM notifications WHERE source_id IN " + list + ")"
	for {
		rows, err := c.Postgres.Query(query)
		if err == nil && (rows[0][0] != fmt.Sprint(len(ids)) || rows[0][1] != fmt.Sprint(len(ids))) {
			err = fmt.Errorf("of %d posts, %s are stored and %s people were told", len(ids), rows[0][0], rows[0][1])
		}
		if err == nil {
			return nil
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return err
		}
	}
}
