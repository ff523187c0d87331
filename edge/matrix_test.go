package edge

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Who may do what, over every route: the routes are taken from the document
// that the edge serves about itself, so that a new one is here before anybody
// calls it, and fails until somebody has said whose it is.

// public are the operations that nobody needs a token for.
var public = []string{
	"entrance", "startSignUp", "verifySignUp", "resendCode", "forgotPassword", "resetPassword",
	"logIn", "refreshSession", "socket", "keys",
	"oidcStart", "oidcCallback",
}

// staff are the operations that need a role. Who has not got it is told what
// everybody is told about an address where nothing is.
var staff = map[string]chat.Role{
	"people": chat.Moderator, "setDisabled": chat.Moderator, "setRole": chat.Owner,
	"invitations": chat.Moderator, "makeInvitation": chat.Moderator, "endInvitation": chat.Moderator, "audit": chat.Owner,
}

// bodies are well-formed bodies, by operation.
var bodies = map[string]string{
	"post":              `{"key":"KEY","text":"hello"}`,
	"edit":              `{"key":"KEY","text":"hello"}`,
	"markRead":          `{"seq":1}`,
	"setLevel":          `{"level":"none"}`,
	"markNotifications": `{"up_to":"POSITION"}`,
	"createRoom":        `{"kind":"private","name":"Mine"}`,
	"openDirect":        `{"name":"ada"}`,
	"invite":            `{"name":"eve"}`,
	"changePassword":    `{"old_password":"correct horse","password":"correcter horse"}`,
	"startEmail":        `{"password":"correct horse","email":"bob@example.net"}`,
	"verifyEmail":       `{"flow":"KEY","code":"12345678"}`,
	"makeToken":         `{"name":"bot","scopes":["read"],"password":"correct horse"}`,
	"setDisabled":       `{"disabled":true}`,
	"setRole":           `{"role":"owner"}`,
	"makeInvitation":    `{"uses":1,"expires_in_days":1}`,
	"changeRoom":        `{"topic":"Nothing","capacity":9}`,
	"archiveRoom":       `{"archived":true}`,
	"handOver":          `{"user":"KEY"}`,
	"removeMember":      `{"reason":"no"}`,
	"setMemberRole":     `{"role":"moderator"}`,
	"muteMember":        `{"minutes":5}`,
	"ban":               `{"minutes":5}`,
	"makeLink":          `{"uses":1,"expires_in_days":1}`,
	"joinByLink":        `{"link":"x"}`,
}

// queries are what must stand in an address, by operation.
var queries = map[string]string{"follow": "?after=POSITION", "search": "?q=hello"}

// route is an operation as a stranger reads of it.
type route struct {
	ID, Method, Path string
	Secured, Body    bool
	Staff            bool // it says that it is for those who have a role
}

// routesOf returns what the edge says about itself.
func routesOf(t *testing.T, n *node) []route {
	t.Helper()
	type operation struct {
		ID       string                `json:"operationId"`
		Security []map[string][]string `json:"security"`
		About    string                `json:"description"`
		Body     *struct{}             `json:"requestBody"`
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(n.call(t, "GET", "/openapi.json", "").must(t, 200).body, &document); err != nil {
		t.Fatal(err)
	}
	var all []route
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		for method, raw := range document.Paths[path] {
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			all = append(all, route{o.ID, strings.ToUpper(method), path, len(o.Security) > 0, o.Body != nil, strings.HasPrefix(o.About, "For ")})
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d routes: the document is not what it was", len(all))
	}
	return all
}

// at returns the route's address with its parameters filled in. One that is not
// known fails the test: say whose it is, in newCity.
func (r route) at(t *testing.T, things map[string]string) string {
	t.Helper()
	path := r.Path
	for strings.Contains(path, "{") {
		from, to := strings.Index(path, "{"), strings.Index(path, "}")
		name := path[from+1 : to]
		id, known := things[name]
		if !known {
			t.Fatalf("%s: nobody has said whose {%s} is", r.ID, name)
		}
		path = path[:from] + id + path[to+1:]
	}
	return path
}

// body returns a body for the route.
func (r route) body(t *testing.T) string {
	t.Helper()
	body, known := bodies[r.ID]
	if r.Body != known {
		t.Fatalf("%s takes a body: %t, and there is one for it: %t", r.ID, r.Body, known)
	}
	return body
}

// calls does what the route does, in the name of whoever has the token.
func (r route) calls(t *testing.T, n *node, token string, things map[string]string) answer {
	t.Helper()
	headers := []string{}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	fill := strings.NewReplacer("KEY", chat.NewID(), "POSITION", n.position(events.Chat, 1))
	return n.call(t, r.Method, r.at(t, things)+fill.Replace(queries[r.ID]), fill.Replace(r.body(t)), headers...)
}

func TestEveryRouteRefusesWhoeverHasNoLivingToken(t *testing.T) {
	c := newCity(t)
	for _, r := range routesOf(t, c.one) {
		if !r.Secured {
			if !slices.Contains(public, r.ID) {
				t.Errorf("%s %s needs no token, and nobody has said that it may", r.Method, r.Path)
			}
			continue
		}
		for kind, token := range c.dead {
			a := r.calls(t, c.two, token, c.bobs)
			if p := a.problem(t, http.StatusUnauthorized, chat.Unauthenticated); p.Detail == "" || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %s: %s", r.ID, kind, a.body)
			}
		}
	}
}

// What is not for somebody looks like what does not exist, to the letter.
func TestEveryRouteHidesWhatIsAnothers(t *testing.T) {
	c := newCity(t)
	for _, r := range routesOf(t, c.one) {
		if !r.Secured || !strings.Contains(r.Path, "{") {
			continue
		}
		for kind, who := range c.others {
			nothing := r.calls(t, c.two, who.token, c.nothing).hidden(t)
			if got := r.calls(t, c.two, who.token, c.bobs).hidden(t); got != nothing {
				t.Errorf("%s for %s:\n%s\nand for what does not exist:\n%s", r.ID, kind, got, nothing)
			}
		}
	}
}

// A route that needs a role does not exist for whoever has not got it.
func TestEveryRouteOfStaffIsNothingForOthers(t *testing.T) {
	c := newCity(t)
	mod := c.one.join(t, "mod")
	c.bob.ranks(c.one, mod, chat.Moderator)
	nothing := c.two.call(t, "GET", "/api/nothing", "").hidden(t)
	met := 0
	for _, r := range routesOf(t, c.one) {
		needs, known := staff[r.ID]
		if known != r.Staff {
			t.Errorf("%s is for staff: %t, and there is a role for it here: %t", r.ID, r.Staff, known)
		}
		if !known {
			continue
		}
		met++
		for kind, who := range c.others {
			if got := r.calls(t, c.two, who.token, c.bobs).hidden(t); got != nothing {
				t.Errorf("%s for %s: %s", r.ID, kind, got)
			}
		}
		if needs == chat.Owner {
			if got := r.calls(t, c.two, mod.token, c.bobs).hidden(t); got != nothing {
				t.Errorf("%s for a moderator: %s", r.ID, got)
			}
		}
	}
	if met != len(staff) {
		t.Errorf("met %d routes of staff, not %d", met, len(staff))
	}
}

// hidden returns a refusal without what differs from request to request.
func (a answer) hidden(t *testing.T) string {
	t.Helper()
	p := a.problem(t, http.StatusNotFound, chat.NotFound)
	p.Trace = ""
	raw, _ := json.Marshal(p)
	return string(raw)
}

// city is a room of bob's and who else is around, at two edges.
type city struct {
	one, two *node
	bob      *person
	dead     map[string]string // tokens that speak for nobody, by what is wrong
	others   map[string]*person
	bobs     map[string]string // what is bob's, by the name of the parameter
	nothing  map[string]string // and what is nobody's
}

func newCity(t *testing.T) *city {
	t.Helper()
	w := newWorld(t)
	c := &city{one: w.edge(), two: w.edge()}
	c.bob = c.one.join(t, "bob")
	room := c.bob.makes(c.one, chat.Private, "Bob's").ID
	seq := strconv.FormatUint(c.bob.posts(c.one, room, "mine").Seq, 10)
	bot := c.bob.program(c.one, "read")
	invitation := into[NewInvitation](t, c.bob.call(c.one, "POST", "/api/invitations", `{"uses":1,"expires_in_days":1}`).must(t, 201))
	link := into[NewLink](t, c.bob.call(c.one, "POST", "/api/rooms/"+room+"/links", `{"uses":1,"expires_in_days":1}`).must(t, 201))
	c.bobs = map[string]string{"room": room, "link": link.Item.ID, "user": c.bob.id, "token": bot.session, "invitation": invitation.Item.ID, "session": c.bob.session,
		"seq": seq, "emoji": "%F0%9F%91%8D"}
	c.nothing = map[string]string{"room": chat.NewID(), "link": chat.NewID(), "user": chat.NewID(), "token": chat.NewID(), "invitation": chat.NewID(), "session": chat.NewID(),
		"seq": "999999", "emoji": "%F0%9F%91%8D"}
	eve, ex := c.one.join(t, "eve"), c.one.join(t, "ex")
	c.others = map[string]*person{"a stranger": eve, "an ex-member": ex}
	c.bob.call(c.one, "POST", "/api/rooms/"+room+"/invitations", `{"name":"ex"}`).must(t, 204)
	ex.enters(c.one, room)
	ex.call(c.one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	ended := c.one.join(t, "ended")
	ended.call(c.one, "DELETE", "/api/session", "").must(t, 204)
	revoked, gone := c.bob.program(c.one, "read", "write", "admin"), c.one.join(t, "gone")
	c.bob.call(c.one, "DELETE", "/api/tokens/"+revoked.session, "").must(t, 204)
	suspended := gone.program(c.one, "read", "write", "admin")
	c.bob.disables(c.one, gone, true).must(t, 204)
	c.dead = map[string]string{
		"a revoked personal token":           revoked.token,
		"a disabled person's token":          gone.token,
		"a disabled person's personal token": suspended.token,
		"a personal token that nobody made":  revoked.token[:len(revoked.token)-8] + "AAAAAAAA",
		"no token":                           "",
		"no JWT":                             "x.y.z",
		"an ended session":                   ended.token,
		"a refresh token":                    c.bob.cookie.Value,
		"an expired token":                   w.token(t, w.secret, c.bob, -auth.AccessTime-time.Minute),
		"another's signature":                w.token(t, auth.NewSecret(), c.bob, 0),
	}
	return c
}

// token returns a token of the person's session as a secret signs it, at a time
// that is that much later than now.
func (w *world) token(t *testing.T, secret string, p *person, later time.Duration) string {
	t.Helper()
	secrets, err := auth.ParseSecrets(secret)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.NewKeys(secrets, func() time.Time { return time.Now().Add(later) })
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := keys.Access(events.Person{ID: p.id, Name: p.name}, p.session)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
