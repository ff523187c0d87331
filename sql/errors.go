package sql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// ErrFenced says that the stored offset is not the one a batch starts from:
// somebody else has applied it, or works on another life of the stream. Nothing
// was changed.
var ErrFenced = errors.New("the offset was moved by somebody else")

// errUnfit is wrapped by errors about events that decode and yet fit no row.
var errUnfit = errors.New("the event fits no row")

// IsPermanent reports whether the batch behind err can never be applied as it
// is: one of its events is undecodable, or PostgreSQL refuses its data
// (SQLSTATE classes 22 and 23). Everything else, such as a database that is
// down, slow, full or being migrated, is worth another try.
func IsPermanent(err error) bool {
	if errors.Is(err, events.ErrUndecodable) || errors.Is(err, errUnfit) {
		return true
	}
	class := sqlClass(err)
	return class == "22" || class == "23"
}

// isTaken reports whether a row was refused because another has its key.
func isTaken(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505"
}

// isTakenBy is isTaken, of one constraint.
func isTakenBy(err error, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && e.ConstraintName == constraint
}

// sqlClass returns the first two characters of the server's SQLSTATE, or ""
// if the server did not answer with one.
func sqlClass(err error) string {
	if state := stateOf(err); len(state) == 5 {
		return state[:2]
	}
	return ""
}

// stateOf returns the server's SQLSTATE, or "".
func stateOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// unreachable reports whether err comes from a database that is down, gone,
// too slow or out of something, and not from the query.
func unreachable(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code[:min(2, len(e.Code))] {
		case "08", "25", "40", "53", "57", "58": // connection, state, rollback, resources, operator, system
			return true
		}
		return e.Code == "55P03" // lock_timeout
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.SafeToRetry(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// ended reports whether err comes from a connection that was open once and is
// no more, rather than from a server that cannot be reached.
func ended(err error) bool {
	var connect *pgconn.ConnectError
	if err == nil || errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false
	}
	return sqlClass(err) == "57" || sqlClass(err) == "" && unreachable(err)
}

// failed translates an error of PostgreSQL into one for the caller. A
// *chat.Error is returned as it is.
func (db *DB) failed(doing string, err error) error {
	var known *chat.Error
	if errors.As(err, &known) {
		return err
	}
	db.metrics.failure(err)
	err = fmt.Errorf("%s: %w", doing, err)
	if unreachable(err) {
		return &chat.Error{Code: chat.Unavailable, Detail: "The database cannot be reached right now; nothing happened. Try again.", Cause: err}
	}
	return err
}

// commitFailed is failed for a commit: if the connection broke, the server may
// have committed.
func (db *DB) commitFailed(doing string, err error) error {
	db.metrics.failure(err)
	err = fmt.Errorf("%s: commit: %w", doing, err)
	switch {
	case sqlClass(err) == "" && !pgconn.SafeToRetry(err):
		return &chat.Error{Code: chat.OutcomeUnknown, Detail: "The database did not say whether it happened. Try again.", Cause: err}
	case unreachable(err):
		return &chat.Error{Code: chat.Unavailable, Detail: "The database cannot be reached right now; nothing happened. Try again.", Cause: err}
	}
	return err
}

// The answers to what does not exist, or not for the one who asks.
func noRoom() error {
	return chat.Errorf(chat.NotFound, "There is no such room, or it is not open to you.")
}

func nobody() error { return chat.Errorf(chat.NotFound, "Nobody has that name.") }

// addressTaken is told only to whoever has shown that the address is theirs.
func addressTaken() error {
	return &chat.Error{Code: chat.Conflict, Field: "email", Detail: "There is an account with this address already: log in, or set a new password."}
}
