package service

import (
	_ "embed"
	"log/slog"
	"slices"
	"strings"
)

// prefix begins the names that belong to natter: whoever sets one that no role
// reads has mistyped it, and would go without what they asked for.
const prefix = "NATTER_"

// variables are the names that any role reads, a line each: roles share files of
// settings. A test of the whole keeps the list as the programs have it.
//
//go:embed variables.txt
var variables string

// UnknownVariable is one that nobody reads.
type UnknownVariable struct {
	Name    string
	Closest string // the known one that is most like it; "" if none is
}

// Unknown lists what is set in natter's name and read by no role.
func (p Process) Unknown() []UnknownVariable {
	known := strings.Fields(variables)
	var all []UnknownVariable
	for name := range p.environment() {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, prefix+"TEST_") && !slices.Contains(known, name) {
			all = append(all, UnknownVariable{name, closest(name, known)})
		}
	}
	slices.SortFunc(all, func(a, b UnknownVariable) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// warnOfUnknown logs each, without its value: it may be a secret.
func (p Process) warnOfUnknown(logger *slog.Logger) {
	for _, v := range p.Unknown() {
		attrs := []any{"variable", v.Name}
		if v.Closest != "" {
			attrs = append(attrs, "closest", v.Closest)
		}
		logger.Warn("a variable is set that natter does not know: it changes nothing", attrs...)
	}
}

// closest is the known name that the fewest letters keep apart from name, if
// those are at most a third of it.
func closest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := distance(name[len(prefix):], strings.TrimPrefix(k, prefix)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be put in, left out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
