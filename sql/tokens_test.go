package sql_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// token makes a personal access token that may read, without an end.
func (w *world) token(user events.Person) (chat.AccessToken, []byte) {
	w.t.Helper()
	_, hash := auth.NewPersonal()
	n := chat.NewAccessToken{Name: "bot", Scopes: []chat.Scope{chat.ScopeRead}, Hash: hash, PasswordHash: must[string](w.t)(w.PasswordOf(w.t.Context(), user.ID))}
	t, _, err := w.MakeToken(w.t.Context(), user, n, chat.Device{})
	if err != nil {
		w.t.Fatal(err)
	}
	return t, hash
}

func TestATokenIsKnownByItsHashUntilItEnds(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	token, hash := w.token(ada)
	who := must[chat.Principal](t)(w.TokenHolder(t.Context(), hash))
	if want := (chat.Principal{User: ada, Session: token.ID, Scopes: []chat.Scope{chat.ScopeRead}}); !reflect.DeepEqual(who, want) {
		t.Errorf("got %+v, want %+v", who, want)
	}
	if ended := must[[]string](t)(w.EndedSessions(t.Context(), []string{token.ID})); len(ended) > 0 {
		t.Error("a live token counts as ended")
	}
	for _, wrong := range []string{chat.NewID(), "", "*"} {
		_, err := w.EndToken(t.Context(), ada, wrong, chat.Device{})
		wants(t, err, chat.NotFound)
	}
	_, err := w.EndToken(t.Context(), bob, token.ID, chat.Device{})
	wants(t, err, chat.NotFound)
	w.flush(must[[]string](t)(w.EndToken(t.Context(), ada, token.ID, chat.Device{}))...)
	must[[]string](t)(w.EndToken(t.Context(), ada, token.ID, chat.Device{}))
	_, err = w.TokenHolder(t.Context(), hash)
	wants(t, err, chat.Unauthenticated)
	if ended := must[[]string](t)(w.EndedSessions(t.Context(), []string{token.ID})); len(ended) != 1 {
		t.Error("a revoked token counts as live")
	}
	if got := w.revoked(); len(got) != 1 || got[0].User != ada.ID {
		t.Errorf("revocations: %+v", got)
	}
}

func TestATokenEndsByItself(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	_, hash := auth.NewPersonal()
	n := chat.NewAccessToken{Name: "bot", Scopes: []chat.Scope{chat.ScopeWrite}, Hash: hash, Lasts: time.Hour, PasswordHash: "hash of ada"}
	token, _, err := w.MakeToken(t.Context(), ada, n, chat.Device{})
	if err != nil || token.Expires == nil || time.Until(*token.Expires).Round(time.Minute) != time.Hour {
		t.Fatalf("%+v, %v", token, err)
	}
	if who := must[chat.Principal](t)(w.TokenHolder(t.Context(), hash)); !who.Expires.Equal(*token.Expires) {
		t.Errorf("%+v", who)
	}
	w.exec(`UPDATE tokens SET expires = clock_timestamp()`)
	_, err = w.TokenHolder(t.Context(), hash)
	wants(t, err, chat.Unauthenticated)
	if list := must[[]chat.AccessToken](t)(w.Tokens(t.Context(), ada.ID)); len(list) > 0 {
		t.Errorf("%+v", list)
	}
	if ended := must[[]string](t)(w.EndedSessions(t.Context(), []string{token.ID})); len(ended) != 1 {
		t.Error("an expired token counts as live")
	}
}

func TestAPersonHasAtMostFiftyTokens(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	var errs []error
	w.whileLocked(`SELECT FROM users FOR UPDATE`, 10, func() {
		errs = atOnce(chat.MaxTokens+10, func(int) error {
			_, hash := auth.NewPersonal()
			n := chat.NewAccessToken{Name: "bot", Scopes: []chat.Scope{chat.ScopeRead}, Hash: hash, PasswordHash: "hash of ada"}
			_, _, err := w.MakeToken(within(t, patience), ada, n, chat.Device{})
			return err
		})
	})
	if counts := tally(errs); counts[""] != chat.MaxTokens || counts[chat.LimitReached] != 10 {
		t.Errorf("%v", counts)
	}
	list := must[[]chat.AccessToken](t)(w.Tokens(t.Context(), ada.ID))
	if len(list) != chat.MaxTokens || !slices.IsSortedFunc(list, func(a, b chat.AccessToken) int { return b.Created.Compare(a.Created) }) {
		t.Errorf("%d tokens", len(list))
	}
	must[[]string](t)(w.EndToken(t.Context(), ada, list[0].ID, chat.Device{}))
	w.token(ada)
}

func TestATokenIsMadeByWhoeverProvesThatTheAccountIsTheirs(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.withAddress("ada"), w.signsInElsewhere(identity("1", "eve@example.org", "eve"))
	makes := func(s chat.Session, hash, session string) error {
		_, token := auth.NewPersonal()
		n := chat.NewAccessToken{Name: "bot", Scopes: []chat.Scope{chat.ScopeRead}, Hash: token, PasswordHash: hash, Session: session}
		_, _, err := w.MakeToken(t.Context(), s.User, n, chat.Device{})
		return err
	}
	wants(t, makes(ada, "before it was changed", ada.ID), chat.WrongCredentials)
	wants(t, makes(ada, "", ada.ID), chat.WrongCredentials)
	wants(t, makes(eve, "", ada.ID), chat.Forbidden) // another's session
	wants(t, makes(eve, "", ""), chat.Forbidden)
	for _, err := range []error{makes(ada, "old", ada.ID), makes(eve, "", eve.ID)} {
		if err != nil {
			t.Error(err)
		}
	}
	w.exec(`UPDATE sessions SET created = created - $1::interval`, chat.FreshLogin)
	wants(t, makes(eve, "", eve.ID), chat.Forbidden)
	if err := makes(ada, "old", ada.ID); err != nil { // who has a password needs no young session
		t.Error(err)
	}
}

// Whoever had somebody's account for a while must not keep a way in.
func TestAResetEndsAllTokensAndAChangeNone(t *testing.T) {
	w := newWorld(t)
	s, bob := w.withAddress("ada"), w.withAddress("bob")
	mine, hash := w.token(s.User)
	others, _ := w.token(bob.User)
	must[[]string](t)(w.ChangePassword(t.Context(), s.User, s.ID, "old", "new", chat.Device{}))
	if got := w.ended(mine.ID); len(got) > 0 {
		t.Error("a change ended a token")
	}
	_, subjects, err := w.ResetPassword(t.Context(), w.asks(chat.ForReset, "ada@example.org", ""), "newer", chat.Device{})
	if err != nil || !slices.Contains(subjects, events.Sessions.Subject(mine.ID)) {
		t.Errorf("%q does not tell of the token; %v", subjects, err)
	}
	if got := w.ended(mine.ID, others.ID); !slices.Equal(got, []string{mine.ID}) {
		t.Errorf("%v have ended", got)
	}
	_, err = w.TokenHolder(t.Context(), hash)
	wants(t, err, chat.Unauthenticated)
	if list := must[[]chat.AccessToken](t)(w.Tokens(t.Context(), s.User.ID)); len(list) > 0 {
		t.Errorf("still listed: %+v", list)
	}
}

func TestTheUseOfATokenIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	token, _ := w.token(ada)
	used := func() *time.Time { return must[[]chat.AccessToken](t)(w.Tokens(t.Context(), ada.ID))[0].Used }
	if used() != nil {
		t.Error("it was used before it was")
	}
	if err := w.TokensUsed(t.Context(), []string{token.ID, chat.NewID()}); err != nil {
		t.Fatal(err)
	}
	at := used()
	if at == nil || !at.Equal(at.Truncate(time.Minute)) || time.Since(*at) > 2*time.Minute {
		t.Errorf("used %v", at)
	}
}

func TestATicketKeepsWhatItsTokenMay(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	token, hash := w.token(ada)
	who := must[chat.Principal](t)(w.TokenHolder(t.Context(), hash))
	now := time.Now()
	for i := range 2 {
		if err := w.SaveTicket(t.Context(), fmt.Append(nil, i), who, now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if got := must[chat.Principal](t)(w.TakeTicket(t.Context(), fmt.Append(nil, 0), now)); !reflect.DeepEqual(got, who) || got.Session != token.ID {
		t.Errorf("got %+v, want %+v", got, who)
	}
	w.exec(`UPDATE users SET disabled = now()`)
	_, err := w.TakeTicket(t.Context(), fmt.Append(nil, 1), now)
	wants(t, err, chat.Unauthenticated)
}

func TestTokensAndInvitationsThatEndedAreDeletedADayLater(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	kept, hash := w.token(ada)
	ended, _ := w.token(ada)
	must[[]string](t)(w.EndToken(t.Context(), ada, ended.ID, chat.Device{}))
	expired, _ := w.token(ada)
	w.invitation(ada, 1)
	if n := must[int64](t)(w.Prune(t.Context())); n != 0 {
		t.Errorf("pruned %d at once", n)
	}
	w.exec(`UPDATE tokens SET ended = ended - interval '2 days'`)
	w.exec(`UPDATE tokens SET expires = now() - interval '2 days' WHERE id = $1`, expired.ID)
	w.exec(`UPDATE signup_invitations SET expires = now() - interval '2 days'`)
	if n := must[int64](t)(w.Prune(t.Context())); n != 3 {
		t.Errorf("pruned %d", n)
	}
	if who := must[chat.Principal](t)(w.TokenHolder(t.Context(), hash)); who.Session != kept.ID {
		t.Errorf("%+v", who)
	}
}
