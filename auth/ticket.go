package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// TicketTime is how long a ticket may be used, once.
const TicketTime = 30 * time.Second

const ticketBytes = 24

// NewTicket returns a random ticket, and the hash under which it is stored.
func NewTicket() (ticket string, hash []byte) {
	var b [ticketBytes]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), ticketHash(b[:])
}

// HashTicket returns the hash of a ticket that somebody shows;
// unauthenticated if it has no ticket's form.
func HashTicket(ticket string) ([]byte, error) {
	if len(ticket) != base64.RawURLEncoding.EncodedLen(ticketBytes) {
		return nil, refused(errors.New("this is no ticket"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil {
		return nil, refused(errors.New("this is no ticket"))
	}
	return ticketHash(raw), nil
}

func ticketHash(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return sum[:]
}
