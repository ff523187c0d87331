package audit

import (
	"fmt"
	"strings"
	"time"

	"github.com/natter-chat/natter/events"
)

// Kind names a sort of difference. The names are labels of a metric:
// append-only.
type Kind string

const (
	Missing   Kind = "missing"  // an entry of the log has neither row nor dead letter
	Changed   Kind = "changed"  // a row or dead letter is not what the log says
	Stray     Kind = "stray"    // a row or dead letter that the log knows nothing of
	Both      Kind = "both"     // an entry is buried and stored
	Twice     Kind = "twice"    // an event stands in the log, or in the tables, twice
	Hole      Kind = "hole"     // the log has lost a sequence
	Offset    Kind = "offset"   // an offset beyond the stream, or of another life of it; rows beyond the offset
	Key       Kind = "key"      // a unique key that guards against duplicates is not there
	Marker    Kind = "marker"   // a read marker is not the largest of the log
	Mention   Kind = "mention"  // the mentions of a message are not what it says
	Member    Kind = "member"   // a member, or a room's count of them, is not what the log or the list says
	Unread    Kind = "unread"   // a notification is marked as read and was not, or the other way round
	Untold    Kind = "untold"   // somebody was not told of an event
	Uncalled  Kind = "uncalled" // somebody was told of what does not concern them
	LeftInBox Kind = "outbox"   // an event waits in the outbox for too long
	Kept      Kind = "kept"     // the log or the tables still hold what was deleted
)

// Kinds lists all kinds.
var Kinds = []Kind{Missing, Changed, Stray, Both, Twice, Hole, Offset, Key, Marker, Mention, Member, Unread, Untold, Uncalled, LeftInBox, Kept}

// Difference is one thing in which the log and the tables do not agree.
type Difference struct {
	Kind   Kind          `json:"kind"`
	Stream events.Stream `json:"stream"`
	Seq    uint64        `json:"seq"`             // in the stream; 0 if it is about no single entry
	Scope  string        `json:"scope,omitempty"` // the room, or the user in NOTIFY and AUDIT
	Log    string        `json:"log"`             // what the log says
	Table  string        `json:"table"`           // what the tables say
}

// String is a sentence for a person.
func (d Difference) String() string {
	place := string(d.Kind)
	if d.Stream != "" {
		place += ", " + string(d.Stream)
	}
	if d.Seq > 0 {
		place += fmt.Sprintf(" %d", d.Seq)
	}
	if d.Scope != "" {
		place += " (" + d.Scope + ")"
	}
	return fmt.Sprintf("%s: the log says %s; the tables say %s", place, d.Log, d.Table)
}

// Stream is what was compared of one stream.
type Stream struct {
	Incarnation string `json:"incarnation"`
	First       uint64 `json:"first"`        // what the log held from, when Run began
	Last        uint64 `json:"last"`         // what the log held up to
	Offset      uint64 `json:"offset"`       // what the tables are true up to
	Compared    uint64 `json:"compared"`     // entries of the log
	Rows        uint64 `json:"rows"`         // of the tables that belong to them
	DeadLetters uint64 `json:"dead_letters"` // of the tables
	Gone        uint64 `json:"gone"`         // rows that the log is too young for: they cannot be compared
	Lag         uint64 `json:"lag"`          // entries after the offset
}

// Report is what an audit has found.
type Report struct {
	Began   time.Time                 `json:"began"`
	Seconds float64                   `json:"seconds"`
	Streams map[events.Stream]*Stream `json:"streams"` // CHAT, READS, NOTIFY and AUDIT
	// NotifierLag is how many entries of CHAT the notifier has not handled:
	// nobody had to be told of them yet.
	NotifierLag uint64       `json:"notifier_lag"`
	SearchLag   uint64       `json:"search_lag"`  // entries of CHAT that search does not find yet
	Outbox      uint64       `json:"outbox"`      // events that wait in it, however short
	Erasing     uint64       `json:"erasing"`     // entries of deleted messages that CHAT may still hold
	Total       int          `json:"total"`       // of differences
	Kinds       map[Kind]int `json:"kinds"`       // how many of each; those without any are 0
	Differences []Difference `json:"differences"` // the first of them, at most Options.Limit
}

// OK reports whether log and tables agree.
func (r *Report) OK() bool { return r.Total == 0 }

// Settled reports whether nothing is on its way: no lag anywhere, an empty
// outbox, nothing to be erased. Only then has the audit seen everything.
func (r *Report) Settled() bool {
	for _, s := range r.Streams {
		if s.Lag > 0 {
			return false
		}
	}
	return r.NotifierLag == 0 && r.SearchLag == 0 && r.Outbox == 0 && r.Erasing == 0
}

// Err returns the differences as one error, nil if there are none.
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	var b strings.Builder
	for _, d := range r.Differences {
		b.WriteString("\n  " + d.String())
	}
	return fmt.Errorf("the log and the tables differ in %d places:%s", r.Total, b.String())
}
