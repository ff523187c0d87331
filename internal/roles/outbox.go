package roles

import (
	"context"

	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// Outbox publishes what commands decided in the database.
type Outbox struct {
	DB  *sql.DB
	Log *jetstream.Log
}

// Flush publishes the outbox's events of subject in order. It returns when the
// log has them; after an error a persister's sweep publishes them.
func (o Outbox) Flush(ctx context.Context, subject string) error {
	return o.DB.FlushOutbox(ctx, subject, o.Log.PublishOnce)
}
