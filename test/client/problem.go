package client

import (
	"errors"
	"fmt"
)

// Problem is an error that natter answered: an RFC 9457 body over HTTP, an
// error frame over WebSocket (Status is 0 there).
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Trace  string `json:"trace"`
	// Position is where natter stands, in a 410 "reset".
	Position string `json:"position"`
	Reason   string `json:"reason"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// CodeOf returns the code of a problem in err's chain, or "".
func CodeOf(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// StatusOf returns the HTTP status of a problem in err's chain, or 0.
func StatusOf(err error) int {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

// Temporary reports whether a correct client sends the same request again,
// with the same key: natter said so, or the connection broke.
func Temporary(err error) bool {
	switch CodeOf(err) {
	case "":
		return err != nil
	case "outcome_unknown", "unavailable", "overloaded", "rate_limited":
		return true
	}
	return false
}
