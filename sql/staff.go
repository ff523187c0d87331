package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// staffLock is the lock under which roles change, people are disabled and
// invitations are counted: that there is an owner stays true because nobody
// else changes it meanwhile. It is taken before any row's.
const staffLock = 0x6e737466 // in hex: "nstf"

// RoleOf returns what the user may do now; not_found for somebody who may not
// use natter.
func (db *DB) RoleOf(ctx context.Context, user string) (chat.Role, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	role, err := currentRole(ctx, db.pool, user)
	return role, db.maybe("look up a role", err)
}

func currentRole(ctx context.Context, q querier, user string) (role chat.Role, err error) {
	if !events.IsID(user) {
		return "", chat.NothingHere()
	}
	err = q.QueryRow(ctx, `SELECT role FROM users WHERE id = $1 AND disabled IS NULL`, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", chat.NothingHere()
	}
	return role, err
}

// asStaff takes the lock and returns the role of by, who must have at least
// the role at that moment.
func asStaff(ctx context.Context, tx pgx.Tx, by string, atLeast chat.Role) (chat.Role, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, staffLock); err != nil {
		return "", err
	}
	role, err := currentRole(ctx, tx, by)
	if err == nil && !role.May(atLeast) {
		err = chat.NothingHere()
	}
	return role, err
}

// lockedPerson is somebody whose row is locked.
type lockedPerson struct {
	events.Person
	role     chat.Role
	disabled bool
}

func lockPerson(ctx context.Context, tx pgx.Tx, user string) (p lockedPerson, err error) {
	if !events.IsID(user) {
		return p, chat.NothingHere()
	}
	err = tx.QueryRow(ctx, `SELECT id, name, role, disabled IS NOT NULL FROM users WHERE id = $1 FOR NO KEY UPDATE`, user).
		Scan(&p.ID, &p.Name, &p.role, &p.disabled)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, chat.NothingHere()
	}
	return p, err
}

// keepsAnOwner returns conflict if p is the only owner who can use natter. The
// caller holds staffLock.
func keepsAnOwner(ctx context.Context, tx pgx.Tx, p lockedPerson) error {
	var others bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE role = 'owner' AND disabled IS NULL AND id <> $1)`, p.ID).Scan(&others)
	if err == nil && !others && p.role == chat.Owner {
		return chat.Errorf(chat.Conflict, "There is no other owner: make somebody else one first.")
	}
	return err
}

// SetRole gives the user a role, by an owner's decision. Invitations to sign up
// end with the role that allowed them. conflict if that would
// leave no owner; the same role again is no error.
func (db *DB) SetRole(ctx context.Context, by events.Person, user string, role chat.Role, on chat.Device) (subject string, err error) {
	err = db.inTx(ctx, "change a role", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := asStaff(ctx, tx, by.ID, chat.Owner); err != nil {
			return err
		}
		p, err := lockPerson(ctx, tx, user)
		if err != nil || p.role == role {
			return err
		}
		if err := keepsAnOwner(ctx, tx, p); err != nil {
			return err
		}
		subject, err = giveRole(ctx, tx, by, p, role, on)
		return err
	})
	return subject, err
}

func giveRole(ctx context.Context, tx pgx.Tx, by events.Person, p lockedPerson, role chat.Role, on chat.Device) (subject string, err error) {
	if _, err := tx.Exec(ctx, `UPDATE users SET role = $2 WHERE id = $1`, p.ID, role); err != nil {
		return "", err
	}
	if !role.May(chat.Moderator) {
		if err := endInvitationsOf(ctx, tx, by, p.ID, on); err != nil {
			return "", err
		}
	}
	return note(ctx, tx, by, p.ID, events.SecurityNotedData{Kind: events.NotedRoleChanged, Detail: string(role)}, on)
}

// NameOwner makes the account with this address an owner's, by the operator's
// decision. It is no error that there is none, or that it is one already.
func (db *DB) NameOwner(ctx context.Context, email string) (subject string, err error) {
	if email == "" || !storable(email) {
		return "", nil
	}
	err = db.inTx(ctx, "name the owner", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, staffLock); err != nil {
			return err
		}
		var user string
		err := tx.QueryRow(ctx, `SELECT id FROM users WHERE email_key = $1 AND role <> 'owner'`, emailKey(email)).Scan(&user)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		p, err := lockPerson(ctx, tx, user)
		if err != nil {
			return err
		}
		subject, err = giveRole(ctx, tx, events.Person{}, p, chat.Owner, chat.Device{})
		return err
	})
	return subject, err
}
