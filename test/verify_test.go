package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	auditor "github.com/natter-chat/natter/audit"
	"github.com/natter-chat/natter/test/cluster"
)

func TestVerifySaysByItsExitCodeWhetherLogAndTablesAgree(t *testing.T) {
	w := ownTown(t) // verify compares all there is: other tests leave differences on purpose
	ann := w.Person("ann")
	room := ann.Creates("tea")
	said := ann.Posts(room, "hello")
	audit(t, w.Cluster)
	metrics := filepath.Join(t.TempDir(), "natter.prom")
	if report := w.verifies(0, "-metrics", metrics); !report.OK() || report.Streams["CHAT"].Compared < said.Seq {
		t.Errorf("%+v", report)
	}
	expectMetric(t, metrics, `natter_verify_differences{kind="changed"} 0`)

	w.query(fmt.Sprintf("UPDATE events SET type = 'message.pasted' WHERE seq = %d", said.Seq))
	report := w.verifies(1, "-metrics", metrics)
	if said, code := suite.binaries.Run(t, "natter", w.servers(), "verify", "-metrics", "/nowhere/x.prom"); code != 1 || !strings.Contains(said, "changed") {
		t.Errorf("a difference whose metrics cannot be written ended with %d:\n%s", code, said)
	}
	w.query(fmt.Sprintf("UPDATE events SET type = 'message.posted' WHERE seq = %d", said.Seq))
	if len(report.Differences) != 1 || report.Differences[0].Seq != said.Seq || report.Differences[0].Scope != room || report.Kinds[auditor.Changed] != 1 {
		t.Errorf("%+v", report)
	}
	expectMetric(t, metrics, `natter_verify_differences{kind="changed"} 1`)
	w.verifies(0)

	for _, flags := range [][]string{{"-limit", "0"}, {"-metrics", "x.txt"}, {"-metrics", "/nowhere/x.prom"}, {"-frob"}} {
		if said, code := suite.binaries.Run(t, "natter", w.servers(), append([]string{"verify"}, flags...)...); code != 2 {
			t.Errorf("%v ended with %d:\n%s", flags, code, said)
		}
	}
	empty := strings.Replace(w.Postgres.URL(), "/natter?", "/postgres?", 1)
	if said, code := suite.binaries.Run(t, "natter", append(w.servers(), "DATABASE_URL="+empty), "verify"); code != 2 || !strings.Contains(said, "run natter setup") {
		t.Errorf("an empty database ended with %d:\n%s", code, said)
	}
}

// servers is where an operator's shell finds the servers.
func (w *Town) servers() []string {
	return []string{"NATS_URL=" + w.NATS.URL(), "NATS_MONITOR_URL=" + w.NATS.Monitor, "DATABASE_URL=" + w.Postgres.URL()}
}

// verifies runs natter verify, which must end with code.
func (w *Town) verifies(code int, flags ...string) *auditor.Report {
	w.t.Helper()
	said, got := suite.binaries.Run(w.t, "natter", w.servers(), append([]string{"verify", "-json"}, flags...)...)
	report := &auditor.Report{}
	if err := json.Unmarshal([]byte(cluster.LastLine(said)), report); err != nil || got != code {
		w.t.Fatalf("natter verify ended with %d, want %d (%v):\n%s", got, code, err, said)
	}
	return report
}

func expectMetric(t *testing.T, file, line string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(have), line+"\n") {
		t.Errorf("%v, no %q in:\n%s", err, line, have)
	}
}
