package sql_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

func TestASchemaThatIsNotThisCodesIsRefusedInASentence(t *testing.T) {
	w := newWorld(t)
	if err := w.CheckSchema(t.Context()); err != nil {
		t.Errorf("the right schema: %v", err)
	}
	w.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	if err := w.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "run a newer natter") {
		t.Errorf("a newer schema: %v", err)
	}
	w.exec(`DELETE FROM goose_db_version WHERE version_id > 0`)
	if err := w.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "run natter setup") {
		t.Errorf("an older schema: %v", err)
	}
	w.exec(`DROP TABLE goose_db_version`)
	if err := w.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "empty: run natter setup") {
		t.Errorf("no schema: %v", err)
	}
}

func TestManyMayMigrateAtOnceAndThereIsOneLobby(t *testing.T) {
	server := testenv.StartPostgres(t, local.PostgresOptions{})
	w := &world{DB: open(t, server.URL()), t: t, url: server.URL(), log: &fakeLog{}}
	for _, err := range atOnce(5, func(int) error { return w.Migrate(within(t, patience)) }) {
		if err != nil {
			t.Error(err)
		}
	}
	if err := w.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	w.flush(events.Chat.Subject(sql.LobbyID))
	if got := w.said(sql.LobbyID); got != "room.created" {
		t.Errorf("the lobby says %s", got)
	}
}

type family = *dto.MetricFamily

func TestThePoolIsMeasuredWhileItIsOpen(t *testing.T) {
	registry := prometheus.NewRegistry()
	db, err := sql.Open(t.Context(), testenv.Postgres(t), testenv.Logger(t, 0), registry)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = db.Projection("x").Apply(t.Context(), events.Batch{Stream: events.Chat, To: 1}) // fenced: not a failure
	values := map[string]float64{}
	for _, family := range must[[]family](t)(registry.Gather()) {
		values[family.GetName()] = family.GetMetric()[0].GetGauge().GetValue()
	}
	if values["natter_sql_connections_open"] < 1 || values["natter_sql_connections_max"] != 16 {
		t.Errorf("got %v", values)
	}
	if _, failed := values["natter_sql_failures_total"]; failed {
		t.Error("being fenced counts as a failure")
	}
	db.Close()
	if left := must[[]family](t)(registry.Gather()); len(left) != 0 {
		t.Errorf("%d metrics outlive the pool", len(left))
	}
}
