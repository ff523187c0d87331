package scenario

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/bench/target"
)

// shared is the one private natter of these tests, started by the first that
// needs it. No test changes it but for its people and rooms.
var shared struct {
	sync.Once
	target *target.Target
	err    error
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == SitCommand { // a helper of a test
		if err := Sit(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if shared.target != nil {
		if err := shared.target.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "the private natter did not end well:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// natter is the shared natter.
func natter(t *testing.T) *target.Target {
	t.Helper()
	shared.Do(func() {
		shared.target, shared.err = target.Start(context.Background(), target.Options{Edges: 2}, func(string) {})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.target
}

// brief are options for a second of a scenario.
func brief(t *testing.T) Options {
	return Options{Duration: time.Second, Connections: 20, Progress: t.Logf}
}

// whole expects that r has what it was asked for, and that nothing is amiss.
func whole(t *testing.T, r *Result, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Whole() {
		t.Errorf("%d lost, %d doubled, %d reordered", r.Lost, r.Duplicated, r.Reordered)
	}
	if r.Delivered != r.Expected {
		t.Errorf("%d delivered of %d expected", r.Delivered, r.Expected)
	}
	for kind, n := range r.Errors {
		t.Errorf("an error, %d times: %s", n, kind)
	}
}

func TestRoomsCarryEveryPostToEveryMember(t *testing.T) {
	o := brief(t)
	o.Rate = 50
	r, err := Rooms(t.Context(), natter(t), o)
	whole(t, r, err)
	if r.Posts != 50 || r.Acked != 50 || r.Delivered != 500 {
		t.Errorf("%d posts, %d acked, %d delivered, instead of 50, 50, 500", r.Posts, r.Acked, r.Delivered)
	}
	for _, role := range []string{"edge", "nats", "postgres", "persister", "notifier", "bench"} {
		if r.RSS[role] <= 0 {
			t.Errorf("nothing is known of the memory of %s: %v", role, r.RSS)
		}
		if _, known := r.CPUPerPost[role]; !known {
			t.Errorf("nothing is known of the processor time of %s: %v", role, r.CPUPerPost)
		}
	}
}

func TestAHallCarriesEveryPostToEverybody(t *testing.T) {
	o := brief(t)
	o.Rate = 20
	r, err := Hall(t.Context(), natter(t), o)
	whole(t, r, err)
	if r.Posts != 20 || r.Delivered != 400 {
		t.Errorf("%d posts, %d delivered, instead of 20 and 400", r.Posts, r.Delivered)
	}
}

func TestEveryChangeReachesEveryMember(t *testing.T) {
	o := brief(t)
	o.Rate, o.Duration = 60, 3*time.Second // half a second of each kind
	r, err := Changes(t.Context(), natter(t), o)
	whole(t, r, err)
	if r.Posts != 260 || r.Acked != 260 || r.Delivered != 2600 { // 80 of them to have something to change
		t.Errorf("%d done, %d acked, %d delivered, instead of 260, 260, 2600", r.Posts, r.Acked, r.Delivered)
	}
	for _, kind := range kinds {
		if r.More[kind+"_ack_p99_ms"] <= 0 || r.More[kind+"_cpu_us"] <= 0 {
			t.Errorf("nothing is known of %s: %v", kind, r.More)
		}
	}
}

func TestReadersOfAHistorySeeEveryMessageOnce(t *testing.T) {
	for name, messages := range map[string]int{"posted over HTTP": 200, "put into the log": overHTTP + 1} {
		t.Run(name, func(t *testing.T) {
			o := brief(t)
			o.Messages = messages
			r, err := History(t.Context(), natter(t), o)
			whole(t, r, err)
			if r.More["pages"] == 0 || r.Delivered == 0 {
				t.Errorf("no pages: %v", r.More)
			}
		})
	}
}

func TestIdleConnectionsStayLive(t *testing.T) {
	r, err := Idle(t.Context(), natter(t), brief(t))
	whole(t, r, err)
	if r.Connection != 20 || r.More["edge_mb_after"] <= 0 {
		t.Errorf("%d connections: %v", r.Connection, r.More)
	}
}

func TestHelpersHoldWhatOneProcessMayNot(t *testing.T) {
	r, err := idle(t.Context(), natter(t), brief(t), 20, 8)
	whole(t, r, err)
	if open := natter(t).Metric("edge", "natter_live_connections"); open != 0 {
		t.Errorf("%v connections are left when it is over", open)
	}
}

func TestSocketsThatAreCutResumeWithoutLoss(t *testing.T) {
	small := storm{sockets: 40, rate: 40, size: 300, missed: 500, tries: 1, posting: time.Second}
	r, err := small.run(t.Context(), natter(t), brief(t))
	if err == nil {
		delete(r.Errors, "connection lost") // by the cut
	}
	whole(t, r, err)
	if _, known := r.More["live_all_s"]; !known {
		t.Errorf("not all came back: %v", r.More)
	}
	// Two watch what one misses, at a warm edge and at one that has just started.
	if r.More["missed_events"] != 500 || r.Delivered != r.Acked*10+500*4 {
		t.Errorf("%d acked, %d delivered: %v", r.Acked, r.Delivered, r.More)
	}
}

func TestTablesThatAreDrainedAreMadeAnewEqually(t *testing.T) {
	o := brief(t)
	o.Messages = 1000
	r, err := Drain(t.Context(), natter(t), o)
	whole(t, r, err)
	if r.More["drain_rows"] != 1000 || r.More["rebuild_equal"] != 1 || r.More["rebuild_events"] < 1000 {
		t.Errorf("it says %v", r.More)
	}
}

func TestNatterRunStartsAgainInItsFolder(t *testing.T) {
	r, err := start{rest: time.Millisecond, again: 1}.run(t.Context(), natter(t), brief(t))
	whole(t, r, err)
	for _, figure := range []string{"first_start_s", "cold_start_s", "idle_mb", "binary_mb_natter"} {
		if r.More[figure] <= 0 {
			t.Errorf("%s is missing: %v", figure, r.More)
		}
	}
}
