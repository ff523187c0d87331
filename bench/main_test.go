package main

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/bench/scenario"
)

func TestWhatCannotBeMeasuredIsRefusedWithASentence(t *testing.T) {
	for words, args := range map[string]string{
		`there is no scenario "hal"`:   "-scenario rooms,hal",
		"it runs on a private one":     "-scenario drain -edges http://127.0.0.1:1",
		`"edge:7" is not role=number`:  "-scenario rooms -edges http://127.0.0.1:1 -pids edge:7",
		`"edge=-7" is not role=number`: "-scenario rooms -edges http://127.0.0.1:1 -pids edge=-7",
	} {
		code, err := run(t.Context(), strings.Fields(args))
		if code != failed || err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: code %d, %v", args, code, err)
		}
	}
}

func TestTheShortSetIsMadeOfScenariosThatExist(t *testing.T) {
	plan, err := flags{}.plan()
	if err != nil || len(plan) != len(short) {
		t.Errorf("%d of %d runs are planned (%v)", len(plan), len(short), err)
	}
}

func TestALostMessageIsSeenInTheExitCodeAlsoWhenAStepOfASearchLostIt(t *testing.T) {
	lost := &scenario.Result{Lost: 1}
	if lost.Whole() || (&scenario.Result{Steps: []*scenario.Result{{}, lost}}).Whole() || !(&scenario.Result{Steps: []*scenario.Result{{}}}).Whole() {
		t.Error("a loss is not told from none")
	}
}
