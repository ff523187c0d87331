package main

import (
	"strings"
	"testing"
	"time"
)

func TestASmallCampaignHitsAndBreaksNoLaw(t *testing.T) {
	o := options{seed: 7, faults: 3, only: []string{"kill-edge", "corrupt-events", "storm-of-duplicates"},
		nats: 1, edges: 2, persisters: 1, notifiers: 1, writers: 4, rate: 5}
	r, err := campaign(t.Context(), o, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Error(v)
	}
	if r.Acked < 20 || r.Delivered < 20 || !r.Rebuilt || !r.OK {
		t.Errorf("acked %d, delivered %d, rebuilt the same: %v, ok: %v", r.Acked, r.Delivered, r.Rebuilt, r.OK)
	}
	for _, name := range o.only {
		if r.FaultsHit[name] != 1 || r.Recovery[name] <= 0 {
			t.Errorf("%s hit %d times, recovery %.1f s", name, r.FaultsHit[name], r.Recovery[name])
		}
	}
}

func TestACampaignInWhichNothingHitProvesNothing(t *testing.T) {
	f, err := faultNamed("kill-edge")
	if err != nil {
		t.Fatal(err)
	}
	r := newReport(options{faults: 1})
	r.Acked = 10
	r.missed(f)
	if r.conclude(); r.OK || r.code() != 2 {
		t.Errorf("ok: %v, exit code %d, want false and 2", r.OK, r.code())
	}
	r.hit(f)
	r.recovered(f, time.Second)
	if r.conclude(); r.OK || r.code() != 2 || !strings.Contains(r.Unproven[0], "logged out") {
		t.Errorf("nobody was logged out; ok: %v, exit code %d, want false and 2: %v", r.OK, r.code(), r.Unproven)
	}
	r.Logouts = 1
	if r.conclude(); !r.OK || r.code() != 0 {
		t.Errorf("ok: %v, exit code %d, want true and 0", r.OK, r.code())
	}
}

func TestAKindThatNeverHitIsUnproven(t *testing.T) {
	r := newReport(options{faults: 3})
	r.Acked, r.Logouts = 10, 1
	r.FaultsHit["kill-edge"], r.Missed["kill-edge"], r.Missed["lock-postgres"] = 1, 1, 2
	if r.conclude(); r.OK || r.code() != 2 || len(r.Unproven) != 1 || r.Unproven[0] != "lock-postgres was struck 2 times and never hit." {
		t.Errorf("ok: %v, exit code %d, unproven: %v", r.OK, r.code(), r.Unproven)
	}
}

func TestALongCampaignInWhichNothingChangedIsUnproven(t *testing.T) {
	r := newReport(options{faults: manyFaults})
	r.Acked, r.Logouts = 10, 1
	r.FaultsHit["kill-edge"], r.FaultsHit["lose-edge"] = manyFaults-1, 1
	if r.conclude(); r.code() != 2 || len(r.Unproven) != len(changing)+1 {
		t.Errorf("exit code %d, unproven: %v", r.code(), r.Unproven)
	}
	r.Ghosts = 1
	for _, op := range changing {
		r.Changes[string(op)] = 1
	}
	if r.conclude(); r.code() != 0 {
		t.Errorf("exit code %d, unproven: %v", r.code(), r.Unproven)
	}
}
