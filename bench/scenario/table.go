package scenario

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table prints results for a person.
func Table(w io.Writer, results []*Result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scenario\tconns\toffered/s\tacked/s\tdelivered/s\tlost\tdoubled\treordered\tack p50\tp99 ms\tdelivery p50\tp99 ms\tstored after s\t")
	for _, r := range results {
		for _, step := range r.Steps {
			row(t, "("+step.Scenario+")", step)
		}
		row(t, r.Scenario, r)
	}
	t.Flush()
	for _, r := range results {
		fmt.Fprintf(w, "\n%s\n", r.Scenario)
		figures(w, "CPU µs per post", r.CPUPerPost)
		figures(w, "CPU µs per delivery", r.CPUPerDelivery)
		figures(w, "peak memory MB", r.RSS)
		figures(w, "figures", r.More)
		for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
			fmt.Fprintf(w, "  error, %d times: %s\n", r.Errors[kind], kind)
		}
	}
}

func row(w io.Writer, name string, r *Result) {
	fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%.0f\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", name, r.Connection, r.Offered,
		r.PostsPerS, r.DeliveriesPerS, r.Lost, r.Duplicated, r.Reordered, r.AckP50, r.AckP99, r.DeliveryP50, r.DeliveryP99, r.DrainS)
}

func figures(w io.Writer, name string, of map[string]float64) {
	if len(of) == 0 {
		return
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(of)) {
		all = append(all, fmt.Sprintf("%s %.4g", key, of[key]))
	}
	fmt.Fprintf(w, "  %s: %s\n", name, strings.Join(all, ", "))
}
