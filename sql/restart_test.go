package sql_test

import (
	"testing"
	"time"
)

func TestCommandsDoNotNoticeThatTheDatabaseWasRestarted(t *testing.T) {
	w := newWorld(t)
	room := w.room(w.person("ann"), "public", "tea")
	bob := w.person("bob")
	for range 5 {
		w.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if _, _, err := w.Join(within(t, 5*time.Second), bob, room); err != nil {
			t.Fatal(err)
		}
	}
}
