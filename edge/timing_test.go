package edge

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"
)

const (
	// samples of each kind, taken in turn, so that whatever else the machine
	// does meets both alike.
	samples = 40
	// farFromChance is a distance, in standard deviations, that samples of one
	// kind do not have from each other: once in 200 000 times.
	farFromChance = 4.5
)

// No time tells whether an account exists.
func TestTimeDoesNotTellWhichAccountsExist(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	one.join(t, "ada")
	for name, ask := range map[string]func(name string) answer{
		"log in": func(name string) answer {
			return one.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"wrong horse"}`, name)).must(t, http.StatusUnauthorized)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var known, unknown []time.Duration
			for i := range samples {
				known = append(known, timed(func() { ask("ada") }))
				unknown = append(unknown, timed(func() { ask(fmt.Sprintf("nobody%d", i)) }))
			}
			if z := rankDistance(known, unknown); math.Abs(z) > farFromChance {
				t.Errorf("%.1f standard deviations apart: median %v for an account, %v for none", z, median(known), median(unknown))
			}
		})
	}
}

func timed(fn func()) time.Duration {
	begun := time.Now()
	fn()
	return time.Since(begun)
}

func median(d []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(d))[len(d)/2]
}

// rankDistance says how far two kinds of samples are from being one, in standard
// deviations: the statistic of Mann and Whitney, by its normal approximation,
// which a few outliers do not move.
func rankDistance(a, b []time.Duration) float64 {
	var u float64
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

func TestRankDistanceTellsTwoKindsFromOne(t *testing.T) {
	var a, same, slower []time.Duration
	for i := range samples {
		a = append(a, time.Duration(2*i))
		same = append(same, time.Duration(2*i+1))
		slower = append(slower, time.Duration(2*i+40))
	}
	if z := rankDistance(a, same); math.Abs(z) > 1 {
		t.Errorf("the same kind is %.1f apart", z)
	}
	if z := rankDistance(slower, a); z < farFromChance {
		t.Errorf("another kind is %.1f apart", z)
	}
}
