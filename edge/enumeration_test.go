package edge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// witness notes what an edge asks of storage while it answers.
type witness struct {
	Codes
	Accounts
	mu    sync.Mutex
	calls []string
}

func (s *witness) hears(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *witness) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *witness) StartFlow(ctx context.Context, f chat.Flow) error {
	s.hears(fmt.Sprintf("StartFlow %s %v %v", f.Purpose, f.Account.PasswordHash != "", f.User != ""))
	return s.Codes.StartFlow(ctx, f)
}

func (s *witness) GuessCode(ctx context.Context, flow string, purpose chat.Purpose, user string) (chat.Flow, error) {
	s.hears("GuessCode")
	return s.Codes.GuessCode(ctx, flow, purpose, user)
}

func (s *witness) HolderOf(ctx context.Context, email string) (chat.Holder, error) {
	s.hears("HolderOf")
	return s.Codes.HolderOf(ctx, email)
}

func (s *witness) Password(ctx context.Context, name string) (events.Person, string, error) {
	s.hears("Password")
	return s.Accounts.Password(ctx, name)
}

// Nothing but the mail tells whether an address has an account: the answers are
// alike in status, headers and body, and what was asked of storage before them
// is, too. The postman, who asks who has the address, is held back meanwhile.
func TestNoAnswerTellsWhetherAnAddressHasAnAccount(t *testing.T) {
	w := newWorld(t)
	w.edge().join(t, "ada")
	known, unknown := emailOf("ada"), emailOf("eve")
	spy := &witness{Codes: w.db, Accounts: w.db}
	one := w.edge(func(_ *Config, d *Deps) { d.Codes, d.Accounts = spy, spy })
	for name, c := range map[string]struct{ path, body string }{
		"sign-up":              {"/api/signup", `{"name":"somebody","email":%q,"password":"correct horse"}`},
		"with a taken name":    {"/api/signup", `{"name":"ada","email":%q,"password":"correct horse"}`},
		"a forgotten password": {"/api/password/forgot", `{"email":%q}`},
		"a log-in":             {"/api/login", `{"name":%q,"password":"wrong horse"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var seen [2]answer
			var asked [2][]string
			for i, address := range []string{known, unknown} {
				release := holdBack(one)
				seen[i] = one.try(t, "POST", c.path, fmt.Sprintf(c.body, address))
				asked[i] = spy.taken()
				release()
				testenv.Until(t, "the mail is sent, or not", func() bool { return len(one.postman.slots) == 0 })
				spy.taken()
			}
			if a, b := faceOf(seen[0]), faceOf(seen[1]); a != b {
				t.Errorf("an address with an account is answered\n%s\nand one without\n%s", a, b)
			}
			if !slices.Equal(asked[0], asked[1]) || len(asked[0]) != 1 {
				t.Errorf("for an address with an account storage is asked %v, for one without %v", asked[0], asked[1])
			}
		})
	}
	if mails, _ := w.letters.to(unknown); len(mails) != 2 { // of the sign-ups
		t.Errorf("an unknown address got %d mails", len(mails))
	}
	told := 0
	mails, _ := w.letters.to(known)
	for _, m := range mails {
		if m.Subject == "You have a natter account" {
			told++
		}
	}
	if told != 2 || len(mails) != 4 { // the first code, two who signed up again, the reset's code
		t.Errorf("a known address got %d mails, %d of them about its account", len(mails), told)
	}
}

// holdBack keeps all of the postman's hands busy until release.
func holdBack(n *node) (release func()) {
	free := make(chan struct{})
	var busy sync.WaitGroup
	for range errandsAtOnce {
		busy.Add(1)
		slot, err := n.postman.reserve()
		if err != nil {
			panic(err)
		}
		slot.use("held", func(context.Context) error { busy.Done(); <-free; return nil })
	}
	busy.Wait()
	return func() { close(free) }
}

// faceOf is what an answer shows, without what differs between any two.
func faceOf(a answer) string {
	h := a.header.Clone()
	h.Del("Date")
	body := string(a.body)
	for _, field := range []string{`"flow":"`, `"trace":"`} {
		if i := strings.Index(body, field); i >= 0 {
			from := i + len(field)
			body = body[:from] + fmt.Sprint(strings.Index(body[from:], `"`)) + body[from+strings.Index(body[from:], `"`):]
		}
	}
	return fmt.Sprint(a.status, h, body)
}

// A code that was meant for nobody fits nothing, and wrong codes are told alike.
func TestNoWrongCodeTellsWhetherAnAddressHasAnAccount(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	one.join(t, "ada")
	var shapes []string
	for _, address := range []string{emailOf("ada"), emailOf("eve")} {
		flow := into[Flow](t, one.call(t, "POST", "/api/password/forgot", fmt.Sprintf(`{"email":%q}`, address)).must(t, 202)).Flow
		all := ""
		for range chat.CodeGuesses + 1 {
			all += faceOf(one.call(t, "POST", "/api/password/reset", resetWith(flow, "00000000"))) + "\n"
		}
		shapes = append(shapes, all)
	}
	if shapes[0] != shapes[1] {
		t.Errorf("with an account:\n%s\nwithout:\n%s", shapes[0], shapes[1])
	}
}

// Wrong passwords are counted where one would be told: a count that went on
// under an address would tell whose it is.
func TestNoCountTellsThatANameAndAnAddressBelongTogether(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.WrongPasswords = 5 })
	one.join(t, "ada")
	try := func(name string) string {
		return fmt.Sprint(one.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"wrong horse"}`, name)).must(t, 401).header.Values("RateLimit"))
	}
	for _, name := range []string{"ada", "eve"} {
		first := try(name)
		if other := try(emailOf(name)); other != first {
			t.Errorf("%s: %s, then by address %s", name, first, other)
		}
		if again := try(strings.ToUpper(name)); again == first { // the same name: one count
			t.Errorf("%s: %s, and again %s", name, first, again)
		}
	}
}
