package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

var now = time.UnixMilli(1_795_262_400_123)

// keyAt returns a key that a client's clock made at a time.
func keyAt(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id.String()
}

func TestAKeyTellsItsTime(t *testing.T) {
	for _, at := range []time.Time{now, now.Add(-time.Hour), now.Add(chat.KeyFuture), time.UnixMilli(0)} {
		got, err := chat.KeyTime(keyAt(at), now)
		if err != nil || !got.Equal(at) {
			t.Errorf("the key of %v tells %v, %v", at, got, err)
		}
	}
}

func TestAKeyThatIsNoCanonicalUUIDv7OrLiesInTheFutureIsRefused(t *testing.T) {
	good := keyAt(now)
	bad := map[string]string{
		"empty":       "",
		"in braces":   "{" + good + "}",
		"as a URN":    "urn:uuid:" + good,
		"no dashes":   strings.ReplaceAll(good, "-", ""),
		"upper case":  strings.ToUpper(keyAt(time.UnixMilli(0xabcdef))),
		"version 4":   uuid.NewString(),
		"nil":         uuid.Nil.String(),
		"max":         uuid.Max.String(),
		"the variant": good[:19] + "c" + good[20:],
		"the future":  keyAt(now.Add(chat.KeyFuture + time.Millisecond)),
	}
	for name, key := range bad {
		if at, err := chat.KeyTime(key, now); chat.CodeOf(err) != chat.BadKey {
			t.Errorf("%s: %q is accepted as of %v, %v", name, key, at, err)
		}
	}
}

func TestTheSamePartsGiveTheSameIDForEver(t *testing.T) {
	const key = "01932d4a-8b10-7c3f-b1d2-5a6e8f901234"
	// Written down, so that a change of the derivation is noticed: it would
	// double every message that is retried across the upgrade.
	const want = "01932d4a-8b10-86f2-b220-406f74cbb727"
	if got := chat.MessageID("u", "r", key); got != want {
		t.Errorf("MessageID is %s, was %s", got, want)
	}
	const wantNotification = "01932d4a-8b10-851e-8b4f-86a2eb80ce9b"
	if got := chat.NotificationID("u", key, "mention"); got != wantNotification {
		t.Errorf("NotificationID is %s, was %s", got, wantNotification)
	}
}

func TestOtherPartsGiveOtherIDs(t *testing.T) {
	key, other := keyAt(now), keyAt(now)
	ids := map[string]string{}
	for name, id := range map[string]string{
		"message":       chat.MessageID("ab", "c", key),
		"moved border":  chat.MessageID("a", "bc", key),
		"other sender":  chat.MessageID("x", "c", key),
		"other room":    chat.MessageID("ab", "x", key),
		"other key":     chat.MessageID("ab", "c", other),
		"mention":       chat.NotificationID("ab", key, "mention"),
		"direct":        chat.NotificationID("ab", key, "direct"),
		"other reader":  chat.NotificationID("ac", key, "direct"),
		"other purpose": chat.DeriveID(key, "ab", "c"),
	} {
		parsed, err := uuid.Parse(id)
		if err != nil || !events.IsID(id) || parsed.Version() != 8 || parsed.Variant() != uuid.RFC4122 {
			t.Errorf("%s: %s is no UUIDv8", name, id)
		}
		if id[:13] != key[:13] {
			t.Errorf("%s: %s does not begin with the key's time %s", name, id, key[:13])
		}
		if before, ok := ids[id]; ok {
			t.Errorf("%s and %s are both %s", name, before, id)
		}
		ids[id] = name
	}
}

func TestNewIDsAreUUIDv7InOrder(t *testing.T) {
	before := ""
	for range 1000 {
		id := chat.NewID()
		if err := chat.CheckID("id", id); err != nil || id <= before {
			t.Fatalf("%s after %s: %v", id, before, err)
		}
		before = id
	}
	if chat.CodeOf(chat.CheckID("room", "a.b")) != chat.BadRequest {
		t.Error("a.b passed as an id")
	}
}
