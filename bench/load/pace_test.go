package load

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPaceKeepsItsScheduleHoweverSlowTheCallsAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, late := time.Now(), time.Duration(0)
		calls := Pace(t.Context(), 100, time.Second, func(n uint64, at time.Time) {
			if want := start.Add(time.Duration(n) * 10 * time.Millisecond); at.Sub(want).Abs() > time.Microsecond {
				t.Errorf("call %d was due at %s, not %s", n, want, at)
			}
			if time.Now().Before(at) {
				t.Errorf("call %d came %s early", n, time.Until(at))
			}
			if n == 20 {
				time.Sleep(300 * time.Millisecond) // a stall, within which 30 calls fall due
			}
			late = max(late, time.Since(at))
		})
		if calls != 100 {
			t.Errorf("%d calls instead of 100", calls)
		}
		if late < 280*time.Millisecond {
			t.Errorf("the stall of 300 ms shows as %s: calls within it were left out or put off", late)
		}
		if took := time.Since(start); took > 1010*time.Millisecond {
			t.Errorf("it took %s: the schedule moved", took)
		}
	})
}
