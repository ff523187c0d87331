package jetstream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/natter-chat/natter/events"
)

// Setup creates the streams and consumers or changes them to what this version
// needs. It may be repeated.
func (l *Log) Setup(ctx context.Context, o SetupOptions) error {
	err := insist(ctx, l.logger, func(ctx context.Context) error { return l.setup(ctx, o) })
	if err != nil {
		return err
	}
	return l.Check(ctx)
}

// setup is one try of Setup, which continues what another began.
func (l *Log) setup(ctx context.Context, o SetupOptions) error {
	// A stream that is made anew gets its share of the CHAT that there is.
	made := o
	for _, s := range events.Streams { // CHAT is the first
		c := streamConfig(s, o)
		have, err := ask(ctx, func(ctx context.Context) (jetstream.Stream, error) { return l.js.Stream(ctx, string(s)) })
		switch {
		case err == nil:
			old := have.CachedInfo().Config
			c.FirstSeq, c.Metadata = old.FirstSeq, old.Metadata
			if o.Replicas == 0 {
				c.Replicas = old.Replicas
			}
			if o.ChatBytes == 0 {
				c.MaxBytes = old.MaxBytes
			}
			if s == events.Chat && old.MaxBytes > 0 {
				made.ChatBytes = c.MaxBytes
			}
			if old.DenyDelete && !c.DenyDelete {
				return fmt.Errorf("stream %s was made by a version in which nothing could be deleted, and NATS lets nobody change that: "+
					"make it anew from a backup, as docs/operations.md says under \"A log that cannot forget\"", s)
			}
		case errors.Is(err, jetstream.ErrStreamNotFound):
			c = streamConfig(s, made)
			c.Metadata = map[string]string{incarnationKey: newIncarnation()}
		default:
			return fmt.Errorf("look for stream %s: %w", s, err)
		}
		if o.DuplicateWindow > 0 {
			c.Metadata[shortKey] = "yes"
		}
		_, err = ask(ctx, func(ctx context.Context) (jetstream.Stream, error) { return l.js.CreateOrUpdateStream(ctx, c) })
		if err != nil {
			return fmt.Errorf("set up stream %s: %w", s, err)
		}
	}
	for name, s := range Consumers {
		_, err := ask(ctx, func(ctx context.Context) (jetstream.Consumer, error) {
			return l.js.CreateOrUpdateConsumer(ctx, string(s), consumerConfig(name))
		})
		if err != nil {
			return fmt.Errorf("set up consumer %s: %w", name, err)
		}
	}
	return nil
}

// check is one try of Check.
func (l *Log) check(ctx context.Context) error {
	topology := map[events.Stream]known{}
	for _, s := range events.Streams {
		stream, err := ask(ctx, func(ctx context.Context) (jetstream.Stream, error) { return l.js.Stream(ctx, string(s)) })
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("stream %s does not exist: run `natter setup` first", s)
		}
		if err != nil {
			return fmt.Errorf("look at stream %s: %w", s, err)
		}
		have := stream.CachedInfo().Config
		if wrong := differences(have, streamConfig(s, SetupOptions{})); len(wrong) > 0 {
			return fmt.Errorf("stream %s is not set up as this version needs it (%s): run `natter setup`", s, strings.Join(wrong, ", "))
		}
		if have.Metadata[incarnationKey] == "" {
			return fmt.Errorf("stream %s has no incarnation id: it was not made by `natter setup`", s)
		}
		topology[s] = known{incarnation: have.Metadata[incarnationKey], replicas: have.Replicas}
	}
	for name, s := range Consumers {
		c, err := ask(ctx, func(ctx context.Context) (jetstream.Consumer, error) {
			return l.js.Consumer(ctx, string(s), string(name))
		})
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("consumer %s on stream %s does not exist: run `natter setup`", name, s)
		}
		if err != nil {
			return fmt.Errorf("look at consumer %s on stream %s: %w", name, s, err)
		}
		if !sameConsumer(c.CachedInfo().Config, consumerConfig(name)) {
			return fmt.Errorf("consumer %s on stream %s is not set up as this version needs it: run `natter setup`", name, s)
		}
	}
	durability, err := l.probeDurability(ctx, topology[events.Chat].replicas)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.topology, l.durability = topology, durability
	return nil
}

// differences names what of have breaks a promise. Sizes, ages and replicas
// are the operator's to choose.
func differences(have, want jetstream.StreamConfig) []string {
	var wrong []string
	need := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	need(slices.Equal(have.Subjects, want.Subjects), "subjects")
	need(have.Retention == want.Retention && have.Storage == want.Storage, "retention or storage")
	need(have.Discard == want.Discard && have.MaxMsgsPerSubject == want.MaxMsgsPerSubject, "discard policy")
	need(have.DenyDelete == want.DenyDelete && have.DenyPurge == want.DenyPurge, "deny_delete and deny_purge")
	need(have.AllowDirect && have.AllowAtomicPublish, "allow_direct and allow_atomic")
	need(have.Duplicates >= want.Duplicates || have.Metadata[shortKey] != "", "duplicate_window")
	need(have.MaxMsgSize < 0 || have.MaxMsgSize >= want.MaxMsgSize, "max_msg_size")
	need(have.PersistMode == jetstream.DefaultPersistMode, "persist_mode")
	need((have.RePublish == nil) == (want.RePublish == nil), "republish")
	if have.RePublish != nil && want.RePublish != nil {
		need(*have.RePublish == *want.RePublish, "republish")
	}
	return wrong
}

// sameConsumer compares what the order of work rests on.
func sameConsumer(have, want jetstream.ConsumerConfig) bool {
	return have.AckPolicy == want.AckPolicy && have.DeliverPolicy == want.DeliverPolicy && have.MaxDeliver == want.MaxDeliver &&
		have.PriorityPolicy == want.PriorityPolicy && slices.Equal(have.PriorityGroups, want.PriorityGroups)
}

func newIncarnation() string {
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// State is what a stream holds.
type State struct {
	First uint64 // the first sequence that is kept; Last+1 when it is empty
	Last  uint64 // the last sequence that was assigned
}

// State asks the stream's leader. It must hear a majority, and know what this
// process knows already: one that was cut off, or has just been elected, would
// answer with the past. A stream that was made anew since Check ends the process
// through OnClosed: every position that it has handed out is void.
func (l *Log) State(ctx context.Context, s events.Stream) (State, error) {
	for try := 0; ; try++ {
		known, asked := l.reached[s].Load(), time.Now()
		state, doubt, err := l.stateNow(ctx, s)
		if err != nil {
			return State{}, err
		}
		if doubt == nil && state.Last < known {
			doubt = fmt.Errorf("%w: it says %d, and %d was seen", errBehind, state.Last, known)
		}
		if doubt == nil {
			l.looked(s, asked)
			l.reaches(s, state.Last)
			return state, nil
		}
		if try == stateTries || ctx.Err() != nil {
			return State{}, unavailable(fmt.Errorf("state of %s: %w", s, doubt))
		}
		pause(ctx, 100*time.Millisecond)
	}
}

const stateTries = 20 // with 100 ms between them

// stateNow returns one answer, and why it may not be believed.
func (l *Log) stateNow(ctx context.Context, s events.Stream) (state State, doubt, err error) {
	stream, err := l.js.Stream(ctx, string(s))
	if err != nil {
		return State{}, nil, unavailable(fmt.Errorf("state of %s: %w", s, err))
	}
	info := stream.CachedInfo()
	if is, was := info.Config.Metadata[incarnationKey], l.Incarnation(s); was != "" && is != was {
		err := fmt.Errorf("stream %s was made anew (%s was %s): start again", s, is, was)
		if l.opts.OnClosed != nil {
			l.opts.OnClosed(err)
		}
		return State{}, nil, unavailable(err)
	}
	st := info.State
	return State{First: max(st.FirstSeq, 1), Last: st.LastSeq}, quorate(s, info.Cluster), nil // a new stream says 0
}
