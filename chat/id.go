package chat

import (
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
)

// Clock bounds for keys. KeyFresh must stay well below the broker's duplicate
// window (2 minutes): a key younger than it needs no look-up, because a first
// publish, if there was one, is still remembered.
const (
	KeyFresh  = 60 * time.Second
	KeyFuture = 30 * time.Second
)

// NewID returns a UUIDv7.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// CheckID returns a bad_request error unless id is a canonical UUID: what has no
// id's form never reaches a subject or a query.
func CheckID(field, id string) error {
	if !events.IsID(id) {
		return &Error{Code: BadRequest, Field: field, Detail: "This is not an id: ids are lower-case UUIDs."}
	}
	return nil
}

// KeyTime returns the time in a client's key, which must be a canonical UUIDv7
// (RFC 9562, section 5.7) and no more than KeyFuture ahead of now.
func KeyTime(key string, now time.Time) (time.Time, error) {
	id, err := uuid.Parse(key)
	if err != nil || !events.IsID(key) || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
		return time.Time{}, &Error{Code: BadKey, Field: "key", Detail: "A key is a lower-case UUIDv7, new for every message and the same for its retries."}
	}
	at := time.UnixMilli(int64(id[0])<<40 | int64(id[1])<<32 | int64(id[2])<<24 | int64(id[3])<<16 | int64(id[4])<<8 | int64(id[5]))
	if at.After(now.Add(KeyFuture)) {
		return time.Time{}, &Error{Code: BadKey, Field: "key", Detail: "The key's time lies in the future: set the clock, or use the server's time from the welcome."}
	}
	return at, nil
}

// DeriveID returns the id that belongs to parts for ever: a UUIDv8 (RFC 9562,
// section 5.8) of the first 48 bits of key, so that ids of one time lie
// together in an index, and of a SHA-256 over all parts. key must be a UUID.
func DeriveID(key string, parts ...string) string {
	h := sha256.New()
	for _, part := range append([]string{key}, parts...) {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	id := uuid.UUID(h.Sum(nil)[:16])
	k := uuid.MustParse(key)
	copy(id[:6], k[:6])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// MessageID scopes a client's key: the same sender, room and key are the same
// message on every node, for ever.
func MessageID(user, room, key string) string { return DeriveID(key, user, room, "message") }

// NotificationID is the id of the one notification of kind that source causes
// for user.
func NotificationID(user, source, kind string) string {
	return DeriveID(source, user, kind, "notification")
}
