package jetstream

import (
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
	PersisterAudit  Consumer = "persister-audit"
	PersisterSearch Consumer = "persister-search"
	NotifierChat    Consumer = "notifier-chat"
)

// Consumers says which stream each consumer reads.
var Consumers = map[Consumer]events.Stream{
	PersisterChat: events.Chat, PersisterReads: events.Reads, PersisterNotify: events.Notify, PersisterAudit: events.Audit,
	PersisterSearch: events.Chat,
	NotifierChat:    events.Chat,
}

// SetupOptions are what an operator chooses.
type SetupOptions struct {
	// Replicas is 1 or 3. 0: as it is; 1 for a stream that is made anew.
	Replicas int
	// ChatBytes bounds CHAT; the other streams get fractions of it. Keep the
	// sum (1.28 times) well below the volume. 0: as it is; 8 GiB for a stream
	// that is made anew.
	ChatBytes int64
	// FirstSeq is where a stream starts if it has to be created: one more than
	// the highest sequence that the tables know.
	FirstSeq map[events.Stream]uint64
	// DuplicateWindow shortens the broker's memory of message ids, for tests
	// of what happens after it. 0: DuplicateWindow.
	DuplicateWindow time.Duration
}

// Keys of a stream's metadata.
const (
	incarnationKey = "natter.incarnation"
	shortKey       = "natter.short_duplicate_window" // a test shortened it on purpose
)

// maxEntry bounds an entry of the log, in bytes with its headers.
const maxEntry = 256 << 10

// streamConfig is the one declaration of a stream.
func streamConfig(s events.Stream, o SetupOptions) jetstream.StreamConfig {
	const day = 24 * time.Hour
	c := jetstream.StreamConfig{
		Name: string(s), Subjects: []string{s.Prefix() + "*"},
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true,
		Replicas: max(o.Replicas, 1), Duplicates: DuplicateWindow, MaxMsgsPerSubject: -1,
		AllowDirect: true, AllowAtomicPublish: true,
		MaxMsgSize: maxEntry, FirstSeq: o.FirstSeq[s],
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
		c.DenyDelete = false // the persister erases what people delete
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
	case events.Audit:
		c.MaxAge, c.MaxBytes, c.RePublish = 90*day, bytes/32, nil
		c.Description = "What happened to accounts"
	case events.Dead:
		c.MaxBytes, c.RePublish = bytes/32, nil
		c.MaxMsgSize = 2 * maxEntry              // an entry in base64, and why it is here
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
		AckWait: 5 * time.Second, MaxDeliver: -1, MaxAckPending: inFlight,
		PriorityPolicy: jetstream.PriorityPolicyPinned, PriorityGroups: []string{activeGroup}, PinnedTTL: 3 * time.Second,
	}
}
