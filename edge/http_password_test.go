package edge

import (
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func resetWith(flow, code string) string {
	return fmt.Sprintf(`{"flow":%q,"code":%q,"password":"battery staple"}`, flow, code)
}

func TestAForgottenPasswordIsSetAnewAndEndsEverySession(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	// What was typed folds to the address; the mail goes to the one that is known.
	f := into[Flow](t, one.call(t, "POST", "/api/password/forgot", `{"email":"616461@EXAMPLE.org"}`).must(t, 202))
	code := codeIn(t, w.letters.nth(t, ada.email, 2))
	two.call(t, "POST", "/api/signup/verify", sendBack(f.Flow, code)).problem(t, 401, chat.WrongCode) // for something else
	two.call(t, "POST", "/api/password/reset", fmt.Sprintf(`{"flow":%q,"code":%q,"password":"short"}`, f.Flow, code)).problem(t, 400, chat.BadPassword)
	fresh := (&person{t: t}).entered(two.call(t, "POST", "/api/password/reset", resetWith(f.Flow, code)).must(t, 200))
	ada.call(two, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge one refuses the old session", func() bool { return ada.call(one, "GET", "/api/me", "").status == 401 })
	ada.refresh(one).problem(t, 401, chat.Unauthenticated)
	fresh.call(one, "GET", "/api/me", "").must(t, 200)
	two.call(t, "POST", "/api/password/reset", resetWith(f.Flow, code)).problem(t, 401, chat.WrongCode)
	one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).problem(t, 401, chat.WrongCredentials)
	one.call(t, "POST", "/api/login", `{"name":"ada","password":"battery staple"}`).must(t, 200)
	if m := w.letters.nth(t, ada.email, 3); m.Subject != "Your natter password was changed" {
		t.Errorf("%q", m.Subject)
	}
}

func TestANewPasswordTakesTheOldOneAndEndsTheOthers(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	phone := (&person{t: t}).entered(two.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).must(t, 200))
	p := ada.call(one, "PUT", "/api/me/password", `{"old_password":"wrong horse","password":"battery staple"}`).problem(t, 401, chat.WrongCredentials)
	if len(p.Errors) != 1 || p.Errors[0].Field != "old_password" {
		t.Errorf("%+v", p)
	}
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"short"}`).problem(t, 400, chat.BadPassword)
	one.call(t, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"battery staple"}`).problem(t, 401, chat.Unauthenticated)
	phone.call(two, "GET", "/api/me", "").must(t, 200)
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"battery staple"}`).must(t, 204)
	ada.call(one, "GET", "/api/me", "").must(t, 200)
	phone.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge two refuses the other session", func() bool { return phone.call(two, "GET", "/api/me", "").status == 401 })
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"battery staple"}`).problem(t, 401, chat.WrongCredentials)
	if m := w.letters.nth(t, ada.email, 2); m.Subject != "Your natter password was changed" {
		t.Errorf("%q", m.Subject)
	}
}

func TestAnotherAddressIsVerifiedAndTheOldOneTold(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, eve := one.join(t, "ada"), one.join(t, "eve")
	const asks = `{"password":"correct horse","email":"new@example.org"}`
	ada.call(one, "PUT", "/api/me/email", `{"password":"wrong horse","email":"new@example.org"}`).problem(t, 401, chat.WrongCredentials)
	ada.call(one, "PUT", "/api/me/email", `{"password":"correct horse","email":"new"}`).problem(t, 400, chat.BadEmail)
	f := into[Flow](t, ada.call(one, "PUT", "/api/me/email", asks).must(t, 202))
	code := w.letters.code(t, "new@example.org")
	eve.call(one, "POST", "/api/me/email/verify", sendBack(f.Flow, code)).problem(t, 401, chat.WrongCode)
	one.call(t, "POST", "/api/signup/verify", sendBack(f.Flow, code)).problem(t, 401, chat.WrongCode)
	account := into[chat.Account](t, ada.call(one, "POST", "/api/me/email/verify", sendBack(f.Flow, code)).must(t, 200))
	if account.Email != "new@example.org" {
		t.Errorf("%+v", account)
	}
	if m := w.letters.nth(t, ada.email, 2); m.Subject != "Your natter account has another address" {
		t.Errorf("%q", m.Subject)
	}
	one.call(t, "POST", "/api/login", `{"name":"new@example.org","password":"correct horse"}`).must(t, 200)
	one.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"correct horse"}`, ada.email)).problem(t, 401, chat.WrongCredentials)
	// Another's address gets no code, and the answer does not say so.
	ada.call(one, "PUT", "/api/me/email", fmt.Sprintf(`{"password":"correct horse","email":%q}`, eve.email)).must(t, 202)
	if m := w.letters.nth(t, eve.email, 2); m.Subject != "You have a natter account" {
		t.Errorf("%q", m.Subject)
	}
}

// Whoever has an account sees what was tried on it.
func TestWhatIsTriedOnAnAccountIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	f := into[Flow](t, one.call(t, "POST", "/api/password/forgot", fmt.Sprintf(`{"email":%q}`, ada.email)).must(t, 202))
	code := codeIn(t, w.letters.nth(t, ada.email, 2))
	for range chat.CodeGuesses {
		one.call(t, "POST", "/api/password/reset", resetWith(f.Flow, "x"+code)).problem(t, 401, chat.WrongCode)
	}
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"battery staple"}`).must(t, 204)
	for _, kind := range []string{events.NotedResetAsked, events.NotedCodesGuessed, events.NotedPasswordChanged} {
		testenv.Until(t, kind+" is in the log", func() bool { return slices.Contains(w.noted(ada.id), kind) })
	}
}

// noted returns what the log says about somebody's account.
func (w *world) noted(user string) (kinds []string) {
	w.t.Helper()
	entries, _, err := w.log.Read(w.t.Context(), events.Audit.Subject(user), 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, entry := range entries {
		ev, err := entry.Event()
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := events.DataOf[events.SecurityNotedData](ev)
		if err != nil {
			w.t.Fatal(err)
		}
		kinds = append(kinds, data.Kind)
	}
	return kinds
}
