package edge

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// asksToSignUp starts a sign-up and returns its flow.
func (n *node) asksToSignUp(t *testing.T, name, email string) string {
	t.Helper()
	f := into[Flow](t, n.call(t, "POST", "/api/signup", signUp(name, email)).must(t, 202))
	if f.Expires != 600 || f.ResendIn != 30 || f.Flow == "" {
		t.Errorf("%+v", f)
	}
	return f.Flow
}

func TestASignUpStartsAtOneEdgeAndEndsAtAnother(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	if e := into[Entrance](t, one.call(t, "GET", "/api/entrance", "").must(t, 200)); !e.First || e.SignUp != "open" || e.OIDC == nil || e.Mailbox != "" {
		t.Errorf("%+v", e)
	}
	flow := one.asksToSignUp(t, "Ada", "Ada@example.org")
	code := w.letters.code(t, "Ada@example.org")
	two.call(t, "POST", "/api/signup/verify", sendBack(flow, "1"+code)).problem(t, 401, chat.WrongCode)
	ada := &person{t: t}
	ada.entered(two.call(t, "POST", "/api/signup/verify", sendBack(flow, code)).must(t, 201))
	me := into[Me](t, ada.call(one, "GET", "/api/me", "").must(t, 200))
	if me.User.Name != "Ada" || me.Account.Email != "Ada@example.org" || me.Account.Role != chat.Owner || !me.Account.HasPassword {
		t.Errorf("%+v %+v", me, me.Account)
	}
	one.call(t, "POST", "/api/signup/verify", sendBack(flow, code)).problem(t, 401, chat.WrongCode) // once
	if e := into[Entrance](t, two.call(t, "GET", "/api/entrance", "").must(t, 200)); e.First {
		t.Error("there is nobody yet?")
	}
	for _, name := range []string{"aDA", "ada@EXAMPLE.org"} {
		one.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"correct horse"}`, name)).must(t, 200)
	}
}

func TestWhatCannotBeSignedUpWithIsRefused(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for body, code := range map[string]chat.Code{
		`{"name":"x","email":"x@example.org","password":"correct horse"}`:                  chat.BadName,
		`{"name":"a b","email":"x@example.org","password":"correct horse"}`:                chat.BadName,
		`{"name":"a\u202eb","email":"x@example.org","password":"correct horse"}`:           chat.BadName,
		`{"name":"bob","email":"x@example.org","password":"short"}`:                        chat.BadPassword,
		`{"name":"bob","email":"x","password":"correct horse"}`:                            chat.BadEmail,
		`{"name":"bob","email":"x@y.org\r\nBcc: z@y.org","password":"correct horse"}`:      chat.BadEmail,
		`{"name":"bob","email":"Bob <bob@example.org>","password":"correct horse"}`:        chat.BadEmail,
		`{"name":"bob","password":"correct horse"}`:                                        chat.BadRequest,
		`{"name":"bob","email":"x@example.org","password":"correct horse","role":"owner"}`: chat.BadRequest,
	} {
		one.call(t, "POST", "/api/signup", body).problem(t, 400, code)
	}
	for _, flow := range []string{"", "*", "' OR 1=1 --", chat.NewID()} {
		one.call(t, "POST", "/api/signup/verify", sendBack(flow, "12345678")).problem(t, 401, chat.WrongCode)
		one.call(t, "POST", "/api/codes/resend", fmt.Sprintf(`{"flow":%q}`, flow)).problem(t, 401, chat.WrongCode)
	}
}

func TestANameThatIsTakenIsToldAfterTheCodeAndCostsNoGuess(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	one.join(t, "ada")
	flow := one.asksToSignUp(t, "ADA", "other@example.org") // accepted: nobody learns who is here
	code := w.letters.code(t, "other@example.org")
	for range 2 * chat.CodeGuesses {
		one.call(t, "POST", "/api/signup/verify", sendBack(flow, code)).problem(t, 409, chat.NameTaken)
	}
	again := func(name string) answer {
		return one.call(t, "POST", "/api/signup/verify", fmt.Sprintf(`{"flow":%q,"code":%q,"name":%q}`, flow, code, name))
	}
	again("a b").problem(t, 400, chat.BadName)
	if s := into[Session](t, again("ada2").must(t, 201)); s.User.Name != "ada2" {
		t.Errorf("%+v", s)
	}
}

func TestFiveWrongCodesEndAFlow(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	flow := one.asksToSignUp(t, "ada", "ada@example.org")
	code := w.letters.code(t, "ada@example.org")
	for i := range chat.CodeGuesses {
		one.call(t, "POST", "/api/signup/verify", sendBack(flow, fmt.Sprintf("%08d", i))).problem(t, 401, chat.WrongCode)
	}
	one.call(t, "POST", "/api/signup/verify", sendBack(flow, code)).problem(t, 401, chat.WrongCode)
	a := one.call(t, "POST", "/api/codes/resend", fmt.Sprintf(`{"flow":%q}`, flow))
	a.problem(t, 401, chat.WrongCode)
}

func TestAnotherCodeComesAfterAPause(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	flow := one.asksToSignUp(t, "ada", "ada@example.org")
	w.letters.code(t, "ada@example.org")
	a := one.call(t, "POST", "/api/codes/resend", fmt.Sprintf(`{"flow":%q}`, flow))
	a.problem(t, 429, chat.RateLimited)
	if wait := a.header.Get("Retry-After"); wait != "30" && wait != "29" {
		t.Errorf("Retry-After: %s", wait)
	}
	for i := range chat.FlowsFromOne {
		a = one.call(t, "POST", "/api/signup", signUp("ada", "ADA@example.org"))
		if want := map[bool]int{true: 202, false: 429}[i < chat.FlowsFromOne-1]; a.status != want {
			t.Fatalf("flow %d: %d, want %d", i+2, a.status, want)
		}
	}
	if wait := a.header.Get("Retry-After"); len(wait) != 4 || wait < "3500" || wait > "3600" {
		t.Errorf("Retry-After: %s", wait)
	}
}

// Whether there is an account makes no difference. Of many at once, exactly as
// many are started as allowed, on all edges together.
func TestAStrangerWhoAsksForCodesDoesNotKeepTheOwnerFromIt(t *testing.T) {
	w := newWorld(t)
	set := func(c *Config, _ *Deps) { behind(c) }
	edges := []*node{w.edge(set), w.edge(set)}
	edges[0].join(t, "ada")
	asks := func(i int, address, from string) int {
		return edges[i%2].call(t, "POST", "/api/password/forgot", fmt.Sprintf(`{"email":%q}`, address), "X-Forwarded-For", from).status
	}
	for _, address := range []string{emailOf("ada"), "nobody@example.org"} {
		var started atomic.Int64
		var crowd sync.WaitGroup
		for i := range 4 * chat.FlowsFromOne {
			crowd.Go(func() {
				if asks(i, address, "198.51.100.1") == 202 {
					started.Add(1)
				}
			})
		}
		crowd.Wait()
		if n := started.Load(); n != chat.FlowsFromOne {
			t.Errorf("%s: one client started %d", address, n)
		}
		if got := asks(0, address, "203.0.113.1"); got != 202 {
			t.Errorf("%s: another client is answered %d", address, got)
		}
	}
}

func TestWhenTheMailQueueIsFullNothingHappens(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for range errandsHeld {
		one.postman.slots <- struct{}{}
	}
	for path, body := range map[string]string{"/api/signup": signUp("ada", "ada@example.org"), "/api/password/forgot": `{"email":"ada@example.org"}`} {
		one.try(t, "POST", path, body).problem(t, 503, chat.Overloaded)
	}
	for range errandsHeld {
		<-one.postman.slots
	}
	for range chat.FlowsFromOne { // none of those that were refused was counted
		one.asksToSignUp(t, "ada", "ada@example.org")
	}
}

// The language is the request's; nothing that somebody typed goes to somebody
// else.
func TestAMailSpeaksTheLanguageOfTheRequest(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for i, c := range []struct{ header, word string }{{"", "Your code"}, {"ko-KR,ko;q=0.9,en;q=0.8", "인증 코드"}, {"fr, en;q=0.5, ko;q=0.2", "Your code"},
		{"fr, ko;q=0.5", "인증 코드"}, {"xx;;;q=9", "Your code"}, {strings.Repeat("ko,", 4000), "Your code"}} {
		address := fmt.Sprintf("ada%d@example.org", i)
		one.call(t, "POST", "/api/signup", signUp("Buy-gold.now", address), "Accept-Language", c.header).must(t, 202)
		m := w.letters.nth(t, address, 1)
		codeIn(t, m)
		if !strings.Contains(m.Text, c.word) || strings.Contains(m.Text+m.Subject, "gold") || strings.Contains(m.Text, "http") {
			t.Errorf("%.40q: %s", c.header, m.Text)
		}
	}
}

func TestTheConfiguredOwnerBecomesOne(t *testing.T) {
	w := newWorld(t)
	plain := w.edge()
	plain.join(t, "first")
	ada := plain.join(t, "ada")
	role := func(p *person) chat.Role {
		return into[Me](t, p.call(plain, "GET", "/api/me", "").must(t, 200)).Account.Role
	}
	if role(ada) != chat.Plain {
		t.Error(role(ada))
	}
	one := w.edge(func(c *Config, _ *Deps) { c.Owner = strings.ToUpper(ada.email) })
	testenv.Until(t, "the account is the owner's", func() bool { return role(ada) == chat.Owner })
	bob := w.edge(func(c *Config, _ *Deps) { c.Owner = emailOf("bob") }).join(t, "bob")
	if role(bob) != chat.Owner || role(one.join(t, "eve")) != chat.Plain {
		t.Error(role(bob))
	}
}

var errGone = fmt.Errorf("the mail server is gone")

type hopeless struct{ error }

func (hopeless) Permanent() bool { return true }

func TestAMailThatFailsIsTriedAgainUnlessThatIsHopeless(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	tries := make(chan string, 100)
	w.letters.before = func(_ context.Context, m chat.Mail) error {
		tries <- m.To
		if m.To == "hopeless@example.org" {
			return hopeless{errGone}
		}
		if len(tries) == 1 {
			return errGone
		}
		return nil
	}
	one.asksToSignUp(t, "ada", "ada@example.org")
	w.letters.code(t, "ada@example.org")
	if len(tries) != 2 {
		t.Errorf("%d tries", len(tries))
	}
	one.asksToSignUp(t, "bob", "hopeless@example.org")
	testenv.Until(t, "its place is free", func() bool { return len(one.postman.slots) == 0 })
	if len(tries) != 3 {
		t.Errorf("%d tries", len(tries))
	}
}

func TestWhoMaySignUpIsAskedBeforeTheCodeAndAfterIt(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.SignUp, c.Owner = chat.ModeInvitation, emailOf("ada") })
	ada := one.join(t, "ada") // whom the operator named needs none
	with := func(name, invitation string) answer {
		return one.call(t, "POST", "/api/signup", fmt.Sprintf(`{"name":%q,"email":%q,"password":"correct horse","invitation":%q}`, name, emailOf(name), invitation))
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 32)} {
		with("bob", bad).problem(t, 403, chat.BadInvitation)
	}
	made := into[NewInvitation](t, ada.call(one, "POST", "/api/invitations", `{"uses":1,"expires_in_days":1}`).must(t, 201))
	var flows []string
	for _, name := range []string{"bob", "eve"} { // both begin, one is in time
		flows = append(flows, into[Flow](t, with(name, made.Invitation).must(t, 202)).Flow)
	}
	one.call(t, "POST", "/api/signup/verify", sendBack(flows[0], w.letters.code(t, emailOf("bob")))).must(t, 201)
	one.call(t, "POST", "/api/signup/verify", sendBack(flows[1], w.letters.code(t, emailOf("eve")))).problem(t, 403, chat.BadInvitation)
	one.asksToSignUp(t, "again", emailOf("ada"))

	closed := w.edge(func(c *Config, _ *Deps) { c.SignUp = chat.ModeClosed })
	closed.call(t, "POST", "/api/signup", signUp("mallory", "mallory@example.org")).problem(t, 403, chat.SignUpClosed)
	if e := into[Entrance](t, closed.call(t, "GET", "/api/entrance", "").must(t, 200)); e.SignUp != chat.ModeClosed || e.First {
		t.Errorf("%+v", e)
	}
}
