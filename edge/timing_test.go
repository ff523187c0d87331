package edge

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

const (
	// samples of each kind, taken in turn, so that whatever else the machine
	// does meets both alike.
	samples = 40
	// farFromChance is a distance, in standard deviations, that samples of one
	// kind do not have from each other: once in 200 000 times.
	farFromChance = 4.5
)

// No time tells whether an account exists. Each is asked about once: an address
// gets so many mails in an hour, whether it has an account or not.
func TestTimeDoesNotTellWhichAccountsExist(t *testing.T) {
	w := newLoneWorld(t)
	passwords, err := auth.NewPasswords(auth.Here{}, auth.Here{}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	one := w.edge(func(_ *Config, d *Deps) { d.Passwords = passwords })
	for i := range samples {
		a := chat.NewAccount{Name: fmt.Sprintf("known%d", i), Email: fmt.Sprintf("known%d@example.org", i), PasswordHash: "x"}
		if _, _, err := w.db.SignUp(t.Context(), a, chat.Device{}); err != nil {
			t.Fatal(err)
		}
	}
	one.join(t, "ada")
	address := func(name string, i int) string { return fmt.Sprintf("%s%d@example.org", name, i) }
	mails := map[string]int{}
	for name, ask := range map[string]func(name string, i int) (mailed string){
		"log in": func(name string, i int) string {
			if name == "known" {
				name = "ada"
			}
			one.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"wrong horse"}`, name)).must(t, http.StatusUnauthorized)
			return ""
		},
		"sign up": func(name string, i int) string {
			one.call(t, "POST", "/api/signup", signUp(fmt.Sprintf("new-%s%d", name, i), address(name, i))).must(t, http.StatusAccepted)
			return address(name, i)
		},
		"forgot": func(name string, i int) string {
			one.call(t, "POST", "/api/password/forgot", fmt.Sprintf(`{"email":%q}`, address(name, i))).must(t, http.StatusAccepted)
			if name == "known" {
				return address(name, i)
			}
			return ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			timed := func(name string, i int) time.Duration {
				begun := time.Now()
				mailed := ask(name, i)
				took := time.Since(begun)
				if mailed != "" { // the mail's work is no part of the next question's time
					mails[mailed]++
					one.letters.nth(t, mailed, mails[mailed])
				}
				return took
			}
			var known, unknown []time.Duration
			for i := range samples {
				known = append(known, timed("known", i))
				unknown = append(unknown, timed("nobody", i))
			}
			if z := rankDistance(known, unknown); math.Abs(z) > farFromChance {
				t.Errorf("%.1f standard deviations apart: median %v for an account, %v for none", z, median(known), median(unknown))
			} else {
				t.Logf("%.1f standard deviations apart: medians %v and %v", z, median(known), median(unknown))
			}
		})
	}
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
