package edge

import (
	"sync/atomic"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// follower is one stream's feed with what the edge knows of the stream.
type follower struct {
	log    *jetstream.Log
	stream events.Stream
	feed   *jetstream.Feed
	seen   atomic.Uint64 // the highest sequence heard of
}

func newFollower(log *jetstream.Log, s events.Stream) *follower {
	return &follower{log: log, stream: s, feed: log.NewFeed(s, jetstream.FeedOptions{})}
}

func (f *follower) incarnation() string { return f.log.Incarnation(f.stream) }

// high is a sequence that the log has certainly reached.
func (f *follower) high() uint64 { return f.seen.Load() }

// saw raises high.
func (f *follower) saw(seq uint64) {
	for {
		old := f.seen.Load()
		if seq <= old || f.seen.CompareAndSwap(old, seq) {
			return
		}
	}
}

// codec returns what encodes the topic of scope.
func (f *follower) codec(scope string) codec {
	if f.stream == events.Chat {
		return roomCodec{scope}
	}
	return notifyCodec{f.incarnation()}
}
