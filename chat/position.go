package chat

import (
	"strconv"
	"strings"
)

// Position is a place in one stream: everything up to Seq has been seen. It is
// written <incarnation>-<seq>, where the incarnation is 8 lower-case hex digits
// that name this life of the stream.
type Position struct {
	Incarnation string
	Seq         uint64
}

func (p Position) String() string {
	return p.Incarnation + "-" + strconv.FormatUint(p.Seq, 10)
}

// ParsePosition reads a position. Only the canonical form is accepted.
func ParsePosition(s string) (Position, error) {
	bad := Errorf(BadPosition, "A position looks like 1f0c9a3e-42.")
	inc, digits, ok := strings.Cut(s, "-")
	if !ok || len(inc) != 8 || strings.Trim(inc, "0123456789abcdef") != "" {
		return Position{}, bad
	}
	seq, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || strconv.FormatUint(seq, 10) != digits {
		return Position{}, bad
	}
	return Position{inc, seq}, nil
}
