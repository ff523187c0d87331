package sql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// note writes into the outbox that something happened to user's account, in the
// transaction that does it. by is who did it; nobody, for a stranger. The subject
// is for FlushOutbox.
func note(ctx context.Context, tx pgx.Tx, by events.Person, user string, data events.SecurityNotedData, on chat.Device) (subject string, err error) {
	data.Device, data.Address = on.Name, on.Address
	ev := events.New(events.SecurityNoted, chat.NewID(), user, by, time.Now(), data)
	return ev.Subject(), putOut(ctx, tx, ev)
}
