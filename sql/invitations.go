package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// invitationOpen is true of an invitation to sign up that can be used.
const invitationOpen = `ended IS NULL AND uses_left > 0 AND expires > clock_timestamp()`

// MakeInvitation stores an invitation to sign up, by a moderator's decision.
// limit_reached if chat.MaxSignUpInvitations are open.
func (db *DB) MakeInvitation(ctx context.Context, by events.Person, n chat.NewInvitation, on chat.Device) (i chat.SignUpInvitation, subject string, err error) {
	err = db.inTx(ctx, "make an invitation", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := asStaff(ctx, tx, by.ID, chat.Moderator); err != nil { // they are counted under its lock
			return err
		}
		var open int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM signup_invitations WHERE `+invitationOpen).Scan(&open); err != nil {
			return err
		}
		if open >= chat.MaxSignUpInvitations {
			return chat.Errorf(chat.LimitReached, "There are %d open invitations: end one that is not needed any more.", open)
		}
		i = chat.SignUpInvitation{ID: chat.NewID(), By: by, UsesLeft: n.Uses}
		err := tx.QueryRow(ctx, `
			INSERT INTO signup_invitations (id, hash, created_by, expires, uses_left)
			VALUES ($1, $2, $3, clock_timestamp() + $4::interval, $5) RETURNING created, expires`,
			i.ID, n.Hash, by.ID, n.Lasts, n.Uses).Scan(&i.Created, &i.Expires)
		if err != nil {
			return err
		}
		subject, err = note(ctx, tx, by, by.ID, events.SecurityNotedData{Kind: events.NotedInvitationMade, Detail: i.ID}, on)
		return err
	})
	return i, subject, err
}

// Invitations returns the open invitations to sign up, newest first.
func (db *DB) Invitations(ctx context.Context) ([]chat.SignUpInvitation, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT i.id, u.id, u.name, i.created, i.expires, i.uses_left
		FROM signup_invitations i JOIN users u ON u.id = i.created_by
		WHERE `+invitationOpen+` ORDER BY i.created DESC, i.id DESC LIMIT $1`, chat.MaxSignUpInvitations)
	if err != nil {
		return nil, db.failed("list invitations", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i chat.SignUpInvitation, err error) {
		err = row.Scan(&i.ID, &i.By.ID, &i.By.Name, &i.Created, &i.Expires, &i.UsesLeft)
		return i, err
	})
	return list, db.maybe("list invitations", err)
}

// endInvitationsOf ends all open invitations of a user who may make none any
// more: whoever has a link must not get in by it. The notes go where the caller
// notes the reason.
func endInvitationsOf(ctx context.Context, tx pgx.Tx, by events.Person, user string, on chat.Device) error {
	ended, err := idsOf(ctx, tx, `
		UPDATE signup_invitations SET ended = clock_timestamp()
		WHERE created_by = $1 AND `+invitationOpen+` RETURNING id::text`, user)
	if err != nil {
		return err
	}
	for _, invitation := range ended {
		if _, err := note(ctx, tx, by, user, events.SecurityNotedData{Kind: events.NotedInvitationEnded, Detail: invitation}, on); err != nil {
			return err
		}
	}
	return nil
}

// EndInvitation makes an invitation worthless, by a moderator's decision.
// Repeating it is no error.
func (db *DB) EndInvitation(ctx context.Context, by events.Person, invitation string, on chat.Device) (subject string, err error) {
	if !events.IsID(invitation) {
		return "", chat.NothingHere()
	}
	err = db.inTx(ctx, "end an invitation", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := asStaff(ctx, tx, by.ID, chat.Moderator); err != nil {
			return err
		}
		var ended bool
		err := tx.QueryRow(ctx, `SELECT ended IS NOT NULL FROM signup_invitations WHERE id = $1 FOR NO KEY UPDATE`, invitation).Scan(&ended)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return chat.NothingHere()
		case err != nil || ended:
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE signup_invitations SET ended = clock_timestamp() WHERE id = $1`, invitation); err != nil {
			return err
		}
		subject, err = note(ctx, tx, by, by.ID, events.SecurityNotedData{Kind: events.NotedInvitationEnded, Detail: invitation}, on)
		return err
	})
	return subject, err
}
