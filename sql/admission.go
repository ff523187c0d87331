package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// SignUpAllowed reports whether somebody with this address may begin to sign
// up: nil, signup_closed or bad_invitation. It uses nothing up. In what counts,
// the same is asked again when the account is made.
func (db *DB) SignUpAllowed(ctx context.Context, email string, a chat.Admission) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var first, invited bool
	err := db.pool.QueryRow(ctx, `
		SELECT NOT EXISTS (SELECT FROM users),
		       EXISTS (SELECT FROM signup_invitations WHERE hash = $1 AND `+invitationOpen+`)`, a.Invitation).Scan(&first, &invited)
	if err != nil {
		return db.failed("ask who may sign up", err)
	}
	if first && !a.NamesOwner() || isOwners(email, a) {
		return nil
	}
	return decide(a.Mode, invited)
}

// isOwners reports whether the address is the one that the operator named.
func isOwners(email string, a chat.Admission) bool {
	return email != "" && a.Owner != "" && emailKey(email) == emailKey(a.Owner)
}

// admit decides whether an account may be made, in the transaction that makes
// it. The first account's role is the owner's by then.
func admit(ctx context.Context, tx pgx.Tx, n chat.NewAccount, role chat.Role) error {
	if role == chat.Owner {
		return nil
	}
	if n.Admission == nil {
		return decide(chat.ModeClosed, false)
	}
	invited := false
	if n.Admission.Mode == chat.ModeInvitation {
		var err error
		if invited, err = useInvitation(ctx, tx, n.Admission.Invitation); err != nil {
			return err
		}
	}
	return decide(n.Admission.Mode, invited)
}

func decide(mode chat.SignUpMode, invited bool) error {
	switch {
	case mode == chat.ModeOpen || mode == "" || mode == chat.ModeInvitation && invited:
		return nil
	case mode == chat.ModeInvitation:
		return chat.Errorf(chat.BadInvitation, "Signing up here needs an invitation, and this one is not valid, or no longer. Ask whoever invited you for another.")
	default:
		return chat.Errorf(chat.SignUpClosed, "Nobody can sign up here.")
	}
}

// useInvitation uses the invitation with this hash once, if that is possible.
// The row's lock makes it exact: of many who use the last one at once, one does.
func useInvitation(ctx context.Context, tx pgx.Tx, hash []byte) (bool, error) {
	var id string
	err := tx.QueryRow(ctx, `
		UPDATE signup_invitations SET uses_left = uses_left - 1
		WHERE hash = $1 AND `+invitationOpen+` RETURNING id::text`, hash).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
