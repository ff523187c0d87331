package sql_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// rounds is how often each of these tests lets everybody at it at once. A
// campaign takes 1000: go test ./sql -run AtOnceAsOneAfterTheOther -rounds 1000.
var rounds = flag.Int("rounds", 5, "rounds of 50 operations at once")

const (
	crowd = 50
	// checkWithin bounds the search for an order, which may have to try very many.
	checkWithin = 20 * time.Second
)

// recorder keeps what many did at once, with when each began and ended.
type recorder struct {
	mu  sync.Mutex
	ops []porcupine.Operation
}

// do runs an operation of a client and records it.
func (r *recorder) do(client int, in any, fn func() any) {
	begun := time.Now()
	out := fn()
	ended := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: begun.UnixNano(), Return: ended.UnixNano()})
}

// verdicts is how many rounds were found right, and in how many no answer was found
// in time.
type verdicts struct{ right, open int }

// check fails the test if the operations could not have happened one after the
// other, each at some moment between its call and its return. See enough.
func (v *verdicts) check(t *testing.T, model porcupine.Model, r *recorder) {
	t.Helper()
	switch porcupine.CheckOperationsTimeout(model, r.ops, checkWithin) {
	case porcupine.Ok:
		v.right++
	case porcupine.Unknown:
		v.open++
		t.Logf("no answer in %v: this round shows nothing", checkWithin)
	default:
		for _, op := range r.ops {
			t.Logf("%d: %+v → %+v (%d to %d)", op.ClientId, op.Input, op.Output, op.Call, op.Return)
		}
		t.Fatal("no order of these operations explains their answers")
	}
}

// enough fails the test if most rounds have shown nothing.
func (v *verdicts) enough(t *testing.T) {
	t.Helper()
	if v.right <= v.open {
		t.Errorf("%d rounds are right, of %d nobody knows", v.right, v.open)
	}
}

// What is done to a person's sessions, and what a login or look brought.
type (
	login    struct{}
	loggedIn struct{ id, ended string }
	end      struct{ id string }
	outcome  struct{ done bool }
	look     struct{ ids string } // with spaces
	seen     struct{ gone string }
)

// sessionsModel is a list of live sessions, oldest first, that never grows over
// its bound: whoever is one too many takes the place of the oldest.
func sessionsModel(live []string, bound int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return strings.Join(live, " ") },
		Step: func(state, in, out any) (bool, any) {
			list := strings.Fields(state.(string))
			switch in := in.(type) {
			case login:
				out, oldest := out.(loggedIn), ""
				if len(list) == bound {
					oldest, list = list[0], list[1:]
				}
				return out.ended == oldest, strings.Join(append(list, out.id), " ")
			case end:
				return out.(outcome).done == slices.Contains(list, in.id), strings.Join(slices.DeleteFunc(list, func(id string) bool { return id == in.id }), " ")
			default:
				gone := slices.DeleteFunc(strings.Fields(in.(look).ids), func(id string) bool { return slices.Contains(list, id) })
				return strings.Join(gone, " ") == out.(seen).gone, state
			}
		},
	}
}

// I11: of a person's sessions never more live than allowed, however many log in,
// log out and look at the same moment, at two edges.
func TestLoginsAtOnceAreAsOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	edges := []*sql.DB{w.DB, open(t, w.url)}
	ada := w.person("ada")
	live := w.live(ada)
	var found verdicts
	for range *rounds {
		r := &recorder{}
		atOnce(crowd, func(i int) error {
			db, one := edges[i%2], live[i%len(live)]
			switch {
			case i%10 == 0:
				r.do(i, end{one}, func() any {
					subjects, err := db.EndSession(t.Context(), ada, one, events.ReasonLogout, chat.Device{})
					w.must(err)
					return outcome{slices.Contains(subjects, events.Audit.Subject(ada.ID))} // noted by whoever did it
				})
			case i%10 == 1:
				r.do(i, look{strings.Join(live, " ")}, func() any { return seen{w.gone(db, live)} })
			default:
				r.do(i, login{}, func() any { return w.logIn(db, ada) })
			}
			return nil
		})
		full := w.endedAs(events.ReasonTooMany)
		for i := range r.ops { // what a login found ended by somebody else, it did not end
			if out, ok := r.ops[i].Output.(loggedIn); ok && !full[out.ended] {
				r.ops[i].Output = loggedIn{id: out.id}
			}
		}
		before := live
		if live = w.live(ada); len(live) == 0 || len(live) > chat.MaxSessions {
			t.Fatalf("%d sessions live, %d may", len(live), chat.MaxSessions)
		}
		found.check(t, sessionsModel(before, chat.MaxSessions), r)
	}
	found.enough(t)
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// logIn starts a session and returns it with the one that it ended.
func (w *world) logIn(db *sql.DB, user events.Person) loggedIn {
	s, subjects, err := db.StartSession(within(w.t, patience), user, chat.Device{})
	w.must(err)
	ended := slices.DeleteFunc(subjects, func(s string) bool { return !strings.HasPrefix(s, events.Sessions.Prefix()) })
	return loggedIn{s.ID, strings.ReplaceAll(strings.Join(ended, " "), events.Sessions.Prefix(), "")}
}

// gone returns those of the sessions that have ended, in the order given.
func (w *world) gone(db *sql.DB, sessions []string) string {
	ended, err := db.EndedSessions(within(w.t, patience), sessions)
	w.must(err)
	return strings.Join(slices.DeleteFunc(slices.Clone(sessions), func(id string) bool { return !slices.Contains(ended, id) }), " ")
}

// live returns the user's live sessions, oldest first.
func (w *world) live(user events.Person) []string {
	w.t.Helper()
	return w.strings(`SELECT id::text FROM sessions WHERE user_id = $1 AND ended IS NULL ORDER BY created, id`, user.ID)
}

// endedAs returns the sessions that ended for this reason.
func (w *world) endedAs(reason string) map[string]bool {
	w.t.Helper()
	ids := map[string]bool{}
	for _, id := range w.strings(`SELECT id::text FROM sessions WHERE reason = $1`, reason) {
		ids[id] = true
	}
	return ids
}

// What is done with refresh tokens of one session, by generation.
type (
	redeem   struct{ generation uint32 }
	redeemed struct{ next uint32 } // 0: refused
)

// line is a session as its refresh tokens see it.
type line struct {
	now   uint32 // the generation that is valid; 0: it is dead
	given int    // how often that one was given out
}

// lineModel is a session whose tokens are redeemed. gave says how often each
// generation was given out in all: it must have been before the next one is, or
// before the family dies. This says nothing that does not follow from the rest,
// and saves the search from finding that out by trying every order.
func lineModel(generation uint32, gave map[uint32]int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return line{now: generation} },
		Step: func(state, in, out any) (bool, any) {
			f, asked, got := state.(line), in.(redeem).generation, out.(redeemed).next
			switch {
			case f.now == 0 || asked > f.now:
				return got == 0, f
			case asked == f.now:
				return got == f.now+1 && f.given == gave[f.now], line{now: got, given: 1}
			case asked+1 == f.now:
				return got == f.now, line{f.now, f.given + 1}
			default: // reuse
				return got == 0 && f.given == gave[f.now] && gave[f.now+1] == 0, line{}
			}
		},
	}
}

// I12: a refresh token is redeemed once, and its family dies of reuse, however
// many show old and new ones at the same moment, at two edges.
func TestRefreshesAtOnceAreAsOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	edges := []*sql.DB{w.DB, open(t, w.url)}
	ada := w.person("ada")
	killed := 0
	var found verdicts
	for round := range *rounds {
		s := w.login(ada)
		w.rotate(s.ID, 1)
		from := w.rotate(s.ID, 2).Generation
		old := uint32(round % 3) // in every third round nothing but the newest token is shown
		r := &recorder{}
		atOnce(crowd, func(i int) error {
			generation := from - old + rand.Uint32N(old+1+min(old, 1))
			r.do(i, redeem{generation}, func() any {
				next, _, err := edges[i%2].RotateSession(within(t, patience), s.ID, generation, chat.Device{})
				if err != nil && chat.CodeOf(err) != chat.Unauthenticated {
					t.Error(err)
				}
				return redeemed{next.Generation}
			})
			return nil
		})
		gave := map[uint32]int{}
		for _, op := range r.ops {
			gave[op.Output.(redeemed).next]++
		}
		found.check(t, lineModel(from, gave), r)
		if w.gone(w.DB, []string{s.ID}) != "" {
			killed++
		}
	}
	found.enough(t)
	if killed == 0 || killed == *rounds {
		t.Errorf("%d of %d families died: the other outcome was not tried", killed, *rounds)
	}
}

// What is done with a flow's codes.
type (
	guess   struct{}
	guessed struct{ n int } // the how manieth; 0: refused
	resend  struct{}
	use     struct{} // of the first code, for what it is for
)

// codes is a flow as those see it who guess.
type codes struct {
	guesses      int
	resent, used bool
}

// codesModel is a flow with five guesses, of which another code gives none back.
// happened is what it comes to in the end, which saves the search as in
// lineModel: the code is used after the last guess that counted, and the last
// guess of all after the resend.
func codesModel(happened codes) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return codes{} },
		Step: func(state, in, out any) (bool, any) {
			c := state.(codes)
			switch in.(type) {
			case guess:
				if c.used || c.guesses == chat.CodeGuesses {
					return out.(guessed).n == 0, c
				}
				c.guesses++
				return out.(guessed).n == c.guesses && (c.guesses < chat.CodeGuesses || c.resent == happened.resent), c
			case resend:
				possible := !c.used && !c.resent && c.guesses < chat.CodeGuesses
				c.resent = c.resent || possible
				return out.(outcome).done == possible, c
			default:
				possible := !c.used && !c.resent
				c.used = c.used || possible
				return out.(outcome).done == possible && (!possible || c.guesses == happened.guesses), c
			}
		},
	}
}

// Of all guesses at a flow's codes five count, however many guess, ask for
// another code and show the right one at the same moment, at two edges.
func TestGuessesAtOnceAreAsOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	edges := []*sql.DB{w.DB, open(t, w.url)}
	var found verdicts
	for round := range *rounds {
		name := fmt.Sprintf("ada%d", round)
		w.withAddress(name)
		f := w.asks(chat.ForReset, name+"@example.org", "")
		w.exec(`UPDATE codes SET sent = sent - interval '1 minute' WHERE id = $1`, f.ID)
		r := &recorder{}
		atOnce(crowd, func(i int) error {
			db, ctx := edges[i%2], within(t, patience)
			switch {
			case i%25 == 1 && round%2 == 0:
				r.do(i, resend{}, func() any { _, err := db.ResendCode(ctx, f.ID, []byte("another")); return outcome{err == nil} })
			case i%25 == 2 && round%3 == 0:
				r.do(i, use{}, func() any { _, _, err := db.ResetPassword(ctx, f, "new", chat.Device{}); return outcome{err == nil} })
			default:
				r.do(i, guess{}, func() any {
					found, err := db.GuessCode(ctx, f.ID, chat.ForReset, "")
					if err != nil && chat.CodeOf(err) != chat.WrongCode {
						t.Error(err)
					}
					return guessed{found.Guesses}
				})
			}
			return nil
		})
		found.check(t, codesModel(r.happened()), r)
	}
	found.enough(t)
}

// happened is what the operations on a flow came to.
func (r *recorder) happened() (c codes) {
	for _, op := range r.ops {
		switch out := op.Output.(type) {
		case guessed:
			c.guesses = max(c.guesses, out.n)
		case outcome:
			_, again := op.Input.(resend)
			c.resent = c.resent || again && out.done
			c.used = c.used || !again && out.done
		}
	}
	return c
}
