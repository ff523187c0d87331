package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/fault/laws"
)

// report is the result, as the last line says it.
type report struct {
	Seed        uint64             `json:"seed"`
	Faults      int                `json:"faults"`
	FaultsHit   map[string]int     `json:"faults_hit"`
	Missed      map[string]int     `json:"faults_missed"`
	Acked       int                `json:"acked"`
	Attempts    int                `json:"attempts"`
	Delivered   int                `json:"delivered"`
	Lost        int                `json:"lost"`
	Duplicated  int                `json:"duplicated"`
	Gaps        int                `json:"gaps"`
	Reordered   int                `json:"reordered"`
	Resets      map[string]int     `json:"resets"`
	Zombies     int                `json:"zombie_effects"`
	Unexplained int                `json:"dead_letters_unexplained"`
	Rebuilt     bool               `json:"rebuild_equal"`
	Recovery    map[string]float64 `json:"recovery_p99_s"`
	Slow        map[string]int     `json:"recovery_over_target"`
	RevokedP99  float64            `json:"revoked_p99_s"`
	Logouts     int                `json:"logouts"`
	Unheard     int                `json:"logouts_unheard"` // edges that had not refused at the bound
	Changes     map[string]int     `json:"changes"`         // joins, edits and so on that were acknowledged
	Ghosts      int                `json:"ghosts"`          // people whose going was watched undisturbed
	GhostMax    float64            `json:"ghost_max_s"`
	Refused     map[string]int     `json:"refused"`
	Duration    float64            `json:"duration_s"`
	Broken      map[string]int     `json:"broken"` // law → violations
	Violations  []laws.Violation   `json:"violations"`
	Unproven    []string           `json:"unproven"` // what this campaign could have shown, and did not
	OK          bool               `json:"ok"`

	took map[string][]time.Duration
	last float64 // seconds of the recovery that was noted last
}

func newReport(o options) *report {
	return &report{Seed: o.seed, Faults: o.faults, FaultsHit: map[string]int{}, Missed: map[string]int{}, Recovery: map[string]float64{},
		Slow: map[string]int{}, Changes: map[string]int{}, Resets: map[string]int{}, Violations: []laws.Violation{}, Unproven: []string{}, took: map[string][]time.Duration{}}
}

func (r *report) hit(f fault)    { r.FaultsHit[f.name]++ }
func (r *report) missed(f fault) { r.Missed[f.name]++ }

func (r *report) recovered(f fault, took time.Duration) {
	r.took[f.name] = append(r.took[f.name], took)
	r.last = took.Seconds()
	if took > f.target {
		r.Slow[f.name]++
	}
}

// changing are the operations of people who change who is in a room, or what was
// said there; full is a join that a room without a place refused.
var changing = []laws.Op{laws.Join, laws.Leave, laws.Remove, laws.Edit, laws.Delete, laws.React, full}

const full laws.Op = "join_refused_full"

// count takes the figures from the evidence.
func (r *report) count(e *laws.Evidence, t *town) {
	keys := map[string]bool{}
	for _, rec := range e.History {
		switch {
		case rec.Op == laws.Post:
			r.Attempts++
			if rec.Outcome == laws.OK {
				keys[rec.Message] = true
			}
		case rec.Op == laws.See:
			r.Delivered++
		case rec.Op == laws.Reset:
			r.Resets[rec.Code]++
		case rec.Op == laws.Use && rec.Code == unheard:
			r.Unheard++
		case slices.Contains(changing, rec.Op) && rec.Outcome == laws.OK:
			r.Changes[string(rec.Op)]++
		case rec.Op == laws.Join && rec.Code == string(chat.LimitReached):
			r.Changes[string(full)]++
		}
	}
	r.Acked = len(keys)
	took := laws.RevokedAfter(e)
	r.Logouts, r.RevokedP99 = len(took), p99(took)
	if ghosts := laws.Ghosts(e); len(ghosts) > 0 {
		r.Ghosts, r.GhostMax = len(ghosts), slices.Max(ghosts).Seconds()
	}
	r.Unexplained, r.Rebuilt, r.Refused = len(laws.Unexplained(e)), len(e.Rebuilt) == 0, t.refused
	for _, what := range t.wrong {
		r.Violations = append(r.Violations, laws.Violation{Law: "protocol", What: what})
	}
	for _, what := range t.nobody {
		r.Violations = append(r.Violations, laws.Violation{Law: "answer", What: what})
	}
}

// conclude draws the sum. It may be called again when more is known.
func (r *report) conclude() {
	by := map[string]int{}
	for _, v := range r.Violations {
		by[v.Law]++
	}
	r.Broken = by
	r.Lost, r.Duplicated, r.Gaps, r.Reordered, r.Zombies = by["I1"], by["I2"], by["I5"], by["I4"]+by["I6"], by["zombie"]
	for name, took := range r.took {
		r.Recovery[name] = p99(took)
	}
	r.Unproven = r.unproven()
	r.OK = len(r.Violations) == 0 && len(r.Unproven) == 0
}

// manyFaults is how many are enough that everything which people do must have
// been done.
const manyFaults = 10

// unproven says in sentences what this campaign leaves open although it was
// made to show it.
func (r *report) unproven() []string {
	open, hits := []string{}, 0
	if r.Acked == 0 {
		open = append(open, "No post was acknowledged.")
	}
	for _, f := range faults {
		hits += r.FaultsHit[f.name]
		if missed := r.Missed[f.name]; missed > 0 && r.FaultsHit[f.name] == 0 {
			open = append(open, fmt.Sprintf("%s was struck %d times and never hit.", f.name, missed))
		}
	}
	if r.Faults > 0 && hits == 0 {
		open = append(open, "No fault hit.")
	}
	if hits > 0 && r.Logouts == 0 {
		open = append(open, "Nobody was logged out during a fault.")
	}
	if hits >= manyFaults {
		for _, op := range changing {
			if r.Changes[string(op)] == 0 {
				open = append(open, fmt.Sprintf("No %s was acknowledged.", op))
			}
		}
	}
	if r.FaultsHit["lose-edge"] > 0 && r.Ghosts == 0 {
		open = append(open, "An edge was lost, and nobody was seen to go.")
	}
	return open
}

// p99 is the greatest of less than a hundred.
func p99(took []time.Duration) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(len(took)-1, len(took)*99/100)].Seconds()
}

// table prints the result for people.
func (r *report) table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "fault\thit\tmissed\trecovery p99\ttarget\n")
	for _, f := range faults {
		if r.FaultsHit[f.name]+r.Missed[f.name] > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\t%.1f s\t%s\n", f.name, r.FaultsHit[f.name], r.Missed[f.name], r.Recovery[f.name], f.target)
		}
	}
	w.Flush()
	fmt.Fprintf(out, "seed %d: %d acked, %d delivered, %d lost, %d duplicated, %d gaps, %d reordered, %d zombie effects, %d dead letters without cause, rebuilt the same: %v, %d violations, ok: %v\n",
		r.Seed, r.Acked, r.Delivered, r.Lost, r.Duplicated, r.Gaps, r.Reordered, r.Zombies, r.Unexplained, r.Rebuilt, len(r.Violations), r.OK)
}
