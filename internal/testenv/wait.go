package testenv

import (
	"fmt"
	"testing"
	"time"
)

// Patience bounds a wait of a test. It is long, as only what never comes takes
// all of it, and a busy machine may take much of it.
const Patience = 60 * time.Second

// Eventually asks ok often until it returns nil, and fails the test with its last
// error if it never does.
func Eventually(t testing.TB, ok func() error) {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("after %s: %v", Patience, err)
		}
	}
}

// Until waits until cond holds, and fails the test with what never happened if it
// never does.
func Until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	Eventually(t, func() error {
		if !cond() {
			return fmt.Errorf("it never happened that %s", what)
		}
		return nil
	})
}
