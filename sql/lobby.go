package sql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// LobbyID is the id of the lobby, the public room that everybody joins when
// they sign up. It is the same in every installation.
const LobbyID = "00000000-0000-7000-8000-00000000066b"

const lobbyName = "Lobby"

// makeLobby makes the lobby unless it exists. Its event's id follows from the
// room's, so that the lobby of a database that was set up anew is no second one.
func (db *DB) makeLobby(ctx context.Context) error {
	return db.inTx(ctx, "make the lobby", func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO rooms (id, kind, name, name_key) VALUES ($1, 'public', $2, $3)
			ON CONFLICT DO NOTHING`, LobbyID, lobbyName, nameKey(lobbyName))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		data := events.RoomCreatedData{Kind: chat.Public, Name: lobbyName}
		id := chat.DeriveID(LobbyID, string(events.RoomCreated))
		return putOut(ctx, tx, events.New(events.RoomCreated, id, LobbyID, events.Person{}, time.Now(), data))
	})
}
