package chat

import (
	"errors"
	"fmt"
	"time"
)

// Code is a stable name for an error, the same on every transport. Codes are
// append-only. HTTP statuses stand beside them in edge, sentences in Error.
type Code string

const (
	BadRequest       Code = "bad_request"       // the request cannot be understood; the detail says where
	BadName          Code = "bad_name"          // a user's or room's name breaks the rules for names
	BadPassword      Code = "bad_password"      // a password is too short or too long
	BadEmail         Code = "bad_email"         // an e-mail address has not the form of one
	BadText          Code = "bad_text"          // a message is empty, too long or not text
	BadKey           Code = "bad_key"           // a key is not a UUIDv7, or lies in the future
	BadPosition      Code = "bad_position"      // a position, cursor or event id has no valid form
	Unauthenticated  Code = "unauthenticated"   // no valid access token; log in or refresh
	WrongCredentials Code = "wrong_credentials" // name or password is wrong
	WrongCode        Code = "wrong_code"        // a mailed code is wrong, has expired or is used up
	Forbidden        Code = "forbidden"         // the request's origin, its token, or the person's role in the room does not allow this
	SignUpClosed     Code = "signup_closed"     // nobody can make an account here
	BadInvitation    Code = "bad_invitation"    // signing up needs an invitation, and there is none or it is not valid any more
	NotFound         Code = "not_found"         // it does not exist, or not for you
	NameTaken        Code = "name_taken"        // somebody has the name already
	Conflict         Code = "conflict"          // the room does not allow this (leaving a direct room, inviting a member)
	KeyReused        Code = "key_reused"        // the same key was used with another body
	MessageDeleted   Code = "message_deleted"   // the message was deleted: nothing can be done to it
	LimitReached     Code = "limit_reached"     // a room or a person has as many as allowed
	TooLarge         Code = "too_large"         // the request is larger than allowed
	RateLimited      Code = "rate_limited"      // too many requests; wait, then retry
	OutcomeUnknown   Code = "outcome_unknown"   // it may or may not have happened: retry with the same key
	Unavailable      Code = "unavailable"       // a part of natter is down; nothing happened; retry
	Overloaded       Code = "overloaded"        // a queue is full; nothing happened; retry later
	LogFull          Code = "log_full"          // the log has no space left; an operator must act
	OtherIdentity    Code = "other_identity"    // the account with this address has another sign-in of the same provider
	Muted            Code = "muted"             // a moderator has taken the person's word in the room, for a time
	Banned           Code = "banned"            // the person may not join the room; only they are told
	SlowMode         Code = "slow_mode"         // the room takes a message of a member every so many seconds; wait, then send it again
	Archived         Code = "archived"          // the room is archived: nothing is said in it any more
	ReadOnly         Code = "read_only"         // only moderators post in this room
	Internal         Code = "internal"          // a defect; the trace id finds it in the logs
)

// Error is an error that a person may see.
type Error struct {
	Code       Code
	Detail     string        // a sentence that a person can act on; holds no secrets
	Field      string        // the request's member that is wrong, or ""
	Cause      error         // for the operator's log only
	RetryAfter time.Duration // when trying again can succeed; 0: its code says
	Ban        *BanTerms     // with Banned
}

// BanTerms say why somebody may not join a room, and until when; zero: for ever.
type BanTerms struct {
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, &Error{Code: c}) true for every error with code c.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errorf returns an Error with a formatted detail.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err's chain, Internal for any other error and ""
// for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return Internal
	}
}
