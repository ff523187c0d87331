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

// DuplicateWindow is how long the broker remembers message ids. It lives in
// the broker's memory, so it is minutes; what lasts is the database's unique
// key.
const DuplicateWindow = 2 * time.Minute

// Consumer names one durable consumer: a role's place in a stream.
type Consumer string

const (
	PersisterChat   Consumer = "persister-chat"
	PersisterReads  Consumer = "persister-reads"
	PersisterNotify Consumer = "persister-notify"
	NotifierChat    Consumer = "notifier-chat"
)

// Consumers says which stream each consumer reads.
var Consumers = map[Consumer]events.Stream{
	PersisterChat: events.Chat, PersisterReads: events.Reads, PersisterNotify: events.Notify, NotifierChat: events.Chat,
}

// SetupOptions are what an operator chooses.
type SetupOptions struct {
	// Replicas is 1 or 3. 0: as it is; 1 for a stream that is made anew.
	Replicas int
	// ChatBytes bounds CHAT; the other streams get fractions of it. Keep the
	// sum (1.25 times) well below the volume. 0: as it is; 8 GiB for a stream
	// that is made anew.
	ChatBytes int64
	// FirstSeq is where a stream starts if it has to be created: one more than
	// the highest sequence that the tables know.
	FirstSeq map[events.Stream]uint64
	// DuplicateWindow shortens the broker's memory of message ids, for tests
	// of what happens after it. 0: DuplicateWindow.
	DuplicateWindow time.Duration
}

const incarnationKey = "natter.incarnation"

// streamConfig is the one declaration of a stream.
func streamConfig(s events.Stream, o SetupOptions) jetstream.StreamConfig {
	const day = 24 * time.Hour
	c := jetstream.StreamConfig{
		Name: string(s), Subjects: []string{s.Prefix() + "*"},
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true,
		Replicas: max(o.Replicas, 1), Duplicates: DuplicateWindow, MaxMsgsPerSubject: -1,
		AllowDirect: true, AllowAtomicPublish: true,
		MaxMsgSize: 256 << 10, FirstSeq: o.FirstSeq[s],
		RePublish: &jetstream.RePublish{Source: s.Prefix() + "*", Destination: "live." + s.Prefix() + "{{wildcard(1)}}"},
	}
	if o.DuplicateWindow > 0 {
		c.Duplicates = o.DuplicateWindow
	}
	bytes := o.ChatBytes
	if bytes == 0 {
		bytes = 8 << 30
	}
	switch s {
	case events.Chat:
		c.MaxAge, c.MaxBytes = 30*day, bytes
		c.Description = "What happened in rooms; the order of each room"
	case events.Reads:
		c.MaxAge, c.MaxBytes = 7*day, bytes/16
		c.Description = "Read markers"
	case events.Notify:
		c.MaxAge, c.MaxBytes = 30*day, bytes/8
		c.Description = "What people must be told"
	case events.Sessions:
		c.MaxAge, c.MaxBytes = 10*time.Minute, bytes/64 // twice the life of an access token
		c.MaxMsgsPerSubject, c.Discard = 1, jetstream.DiscardOld
		c.DenyDelete, c.DenyPurge = false, false
		c.Description = "Sessions that ended"
	case events.Dead:
		c.MaxBytes, c.RePublish = bytes/32, nil
		c.DenyDelete, c.DenyPurge = false, false // operators discard
		c.Description = "What could not be applied, with its reason"
	}
	return c
}

// consumerConfig is the one declaration of a consumer. One instance is pinned
// at a time; when it falls silent the next takes over after PinnedTTL.
func consumerConfig(name Consumer) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: string(name), AckPolicy: jetstream.AckAllPolicy, DeliverPolicy: jetstream.DeliverAllPolicy,
		AckWait: 5 * time.Second, MaxDeliver: -1, MaxAckPending: 8 * fetchSize,
		PriorityPolicy: jetstream.PriorityPolicyPinned, PriorityGroups: []string{activeGroup}, PinnedTTL: 3 * time.Second,
	}
}

// Setup creates the streams and consumers or changes them to what this version
// needs. It may be repeated.
func (l *Log) Setup(ctx context.Context, o SetupOptions) error {
	for _, s := range events.Streams {
		c := streamConfig(s, o)
		have, err := l.js.Stream(ctx, string(s))
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
		case errors.Is(err, jetstream.ErrStreamNotFound):
			c.Metadata = map[string]string{incarnationKey: newIncarnation()}
		default:
			return fmt.Errorf("look for stream %s: %w", s, err)
		}
		if _, err := l.js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("set up stream %s: %w", s, err)
		}
	}
	for name, s := range Consumers {
		if _, err := l.js.CreateOrUpdateConsumer(ctx, string(s), consumerConfig(name)); err != nil {
			return fmt.Errorf("set up consumer %s: %w", name, err)
		}
	}
	return l.Check(ctx)
}

// Check compares the streams with what this version needs, learns their
// incarnations and the durability of an ack. It changes nothing; its error
// is a sentence for the operator.
func (l *Log) Check(ctx context.Context) error {
	topology := map[events.Stream]known{}
	for _, s := range events.Streams {
		stream, err := l.js.Stream(ctx, string(s))
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
		if _, err := l.js.Consumer(ctx, string(s), string(name)); err != nil {
			return fmt.Errorf("consumer %s on stream %s cannot be used (%w): run `natter setup`", name, s, err)
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
	need(have.PersistMode == jetstream.DefaultPersistMode, "persist_mode")
	need((have.RePublish == nil) == (want.RePublish == nil), "republish")
	if have.RePublish != nil && want.RePublish != nil {
		need(*have.RePublish == *want.RePublish, "republish")
	}
	return wrong
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

// State asks the stream's leader.
func (l *Log) State(ctx context.Context, s events.Stream) (State, error) {
	stream, err := l.js.Stream(ctx, string(s))
	if err != nil {
		return State{}, unavailable(fmt.Errorf("state of %s: %w", s, err))
	}
	st := stream.CachedInfo().State
	return State{First: max(st.FirstSeq, 1), Last: st.LastSeq}, nil // a new stream says 0
}
