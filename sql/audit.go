package sql

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// note writes into the outbox that something happened to user's account, in the
// transaction that does it. by is who did it; nobody, for a stranger. The subject
// is for FlushOutbox.
func note(ctx context.Context, tx pgx.Tx, by events.Person, user string, data events.SecurityNotedData, on chat.Device) (subject string, err error) {
	ev := noted(by, user, data, on)
	return ev.Subject(), putOut(ctx, tx, ev)
}

func noted(by events.Person, user string, data events.SecurityNotedData, on chat.Device) events.Event {
	data.Device, data.Address = on.Name, on.Address
	return events.New(events.SecurityNoted, chat.NewID(), user, by, time.Now(), data)
}

// noteAndTell is note of what may be a stranger's doing: the user is let know by a
// notification.
func noteAndTell(ctx context.Context, tx pgx.Tx, by events.Person, user string, data events.SecurityNotedData, on chat.Device) (subjects []string, err error) {
	ev := noted(by, user, data, on)
	id := chat.NotificationID(user, ev.ID, events.SecurityNotice)
	notice := events.New(events.Notified, id, user, events.Person{}, ev.Time, events.NotifiedData{Kind: events.SecurityNotice, Source: ev.ID, Noted: data.Kind})
	for _, ev := range []events.Event{notice, ev} {
		if err := putOut(ctx, tx, ev); err != nil {
			return nil, err
		}
		subjects = append(subjects, ev.Subject())
	}
	return subjects, nil
}

// NoteFailedLogins notes that somebody did not know the user's password, so many
// times, at last on a device. The subject is for FlushOutbox.
func (db *DB) NoteFailedLogins(ctx context.Context, user string, times int, on chat.Device) (subject string, err error) {
	data := events.SecurityNotedData{Kind: events.NotedLoginFailed}
	if times > 1 {
		data.Detail = strconv.Itoa(times)
	}
	err = db.inTx(ctx, "note failed log-ins", func(ctx context.Context, tx pgx.Tx) error {
		subject, err = note(ctx, tx, events.Person{}, user, data, on)
		return err
	})
	return subject, err
}
