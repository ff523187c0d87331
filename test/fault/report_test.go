package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

func TestAnAnswerThatDidNotComeIsNoFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		want laws.Outcome
	}{
		{nil, laws.OK},
		{context.DeadlineExceeded, laws.Info},
		{errors.New("connection reset"), laws.Info},
		{&client.Problem{Status: 503, Code: "outcome_unknown"}, laws.Info},
		{&client.Problem{Status: 500, Code: "internal"}, laws.Info},
		{&client.Problem{Status: 503, Code: "unavailable"}, laws.Fail},
		{&client.Problem{Status: 404, Code: "not_found"}, laws.Fail},
	} {
		if got := outcome(c.err); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
}

func TestOfEachLawTheShortestHistoriesAreShown(t *testing.T) {
	var all []laws.Violation
	for n := 9; n > 0; n-- {
		all = append(all, laws.Violation{Law: "I5", Shows: make([]laws.Record, n)}, laws.Violation{Law: "I1", Shows: make([]laws.Record, n)})
	}
	var got []int
	for _, v := range shortest(all) {
		got = append(got, len(v.Shows))
	}
	if want := []int{1, 2, 3, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("got histories of %v records, want %v", got, want)
	}
}

func TestALawThatBrokeEndsWithOne(t *testing.T) {
	r := newReport(options{faults: 1})
	r.Acked, r.FaultsHit["kill-edge"] = 1, 1
	r.Violations = append(r.Violations, laws.Violation{Law: "I1"}, laws.Violation{Law: "I6"}, laws.Violation{Law: "zombie"})
	if r.conclude(); r.code() != 1 || r.Lost != 1 || r.Reordered != 1 || r.Zombies != 1 {
		t.Errorf("exit code %d, lost %d, reordered %d, zombies %d", r.code(), r.Lost, r.Reordered, r.Zombies)
	}
}

func TestTheLatestRecoveriesCount(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(200-i)*time.Second)
	}
	if got := p99(took); got != 199 {
		t.Errorf("p99 of 1 to 200 s is %.0f s, want 199", got)
	}
}

func TestFaultsAreChosenByNameOrAllThatArePossible(t *testing.T) {
	kinds, err := options{only: []string{"kill-edge", "kill-nats"}}.kinds()
	if err != nil || len(kinds) != 2 || kinds[1].name != "kill-nats" {
		t.Errorf("got %v, %v", kinds, err)
	}
	if _, err := (options{only: []string{"partition-nats"}}).kinds(); err == nil {
		t.Error("a partition without a network was accepted")
	}
	if _, err := (options{only: []string{"meteor"}}).kinds(); err == nil {
		t.Error("an unknown fault was accepted")
	}
	without, _ := options{}.kinds()
	with, _ := options{network: true}.kinds()
	if len(with) != len(faults) || len(without) != len(faults)-3 {
		t.Errorf("%d faults with and %d without a network of %d", len(with), len(without), len(faults))
	}
}
