package edge

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/oidc"
)

// oidcRoutes are where a browser leaves for the provider and comes back to. It
// follows links there, so that both always answer with a redirection: a refusal
// leads to the page, which says what is wrong. What a provider adds to the query
// differs, so that huma only describes them.
func (e *Edge) oidcRoutes(a *api, mux *http.ServeMux) {
	start := op("oidcStart", http.MethodGet, "/api/oidc/{provider}/start", "Sign in with another service: a link for browsers", "Accounts", forAll, limited(boundAddress))
	start.Parameters = []*huma.Param{providerParam(), {Name: "return", In: "query", Description: "A path of the page to open afterwards", Schema: &huma.Schema{Type: "string"}}}
	back := op("oidcCallback", http.MethodGet, "/api/oidc/{provider}/callback", "Where that service sends the browser back to", "Accounts", forAll, limited(boundAddress))
	back.Parameters = []*huma.Param{providerParam()}
	for o, serve := range map[*huma.Operation]func(context.Context, http.ResponseWriter, *http.Request) (string, error){&start: e.oidcStart, &back: e.oidcCallback} {
		o.Responses = map[string]*huma.Response{"302": {Description: "Go there; a refusal goes to /#error=<code>"}}
		a.documentProblem(o)
		a.huma.OpenAPI().AddOperation(o)
		mux.HandleFunc(o.Method+" "+o.Path, e.redirects(o, serve))
	}
}

func providerParam() *huma.Param {
	return &huma.Param{Name: "provider", In: "path", Required: true, Description: "Its id, from /api/entrance", Schema: &huma.Schema{Type: "string"}}
}

// redirects serves what answers with where to go.
func (e *Edge) redirects(o *huma.Operation, serve func(context.Context, http.ResponseWriter, *http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		ctx = context.WithValue(context.WithValue(ctx, requestKey{}, r), answerKey{}, w.Header())
		if e.elsewhere == nil || r.PathValue("provider") != providerID {
			writeProblem(w, newProblem(ctx, chat.NotFound, "There is nothing at this address."))
			return
		}
		err := e.charge(ctx, o, r)
		location := ""
		if err == nil {
			location, err = serve(ctx, w, r)
		}
		if err != nil {
			location = "/#error=" + url.QueryEscape(string(e.problem(ctx, err).Code))
		}
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	}
}

func (e *Edge) oidcStart(ctx context.Context, w http.ResponseWriter, r *http.Request) (string, error) {
	location, sealed, err := e.leaveFor(ctx, r.URL.Query().Get("return"))
	if err != nil {
		return "", err
	}
	http.SetCookie(w, e.flowCookie(sealed, int(oidc.FlowTime.Seconds())))
	return location, nil
}

func (e *Edge) oidcCallback(ctx context.Context, w http.ResponseWriter, r *http.Request) (string, error) {
	http.SetCookie(w, e.flowCookie("", -1)) // whatever comes of it: it is for one use
	c, err := r.Cookie(e.flowCookie("", 0).Name)
	if err != nil {
		return "", chat.Errorf(chat.Unauthenticated, "Signing in was not started here, or took too long. Try again.")
	}
	l, then, err := e.comeBack(ctx, c.Value, r.URL.Query())
	if err != nil {
		return "", err
	}
	cookie := e.refreshCookie(r, l.session)
	http.SetCookie(w, &cookie)
	return then, nil
}

// flowCookie keeps a sign-in while the browser is elsewhere. It is Lax, not
// Strict: the provider's page sends the browser back.
func (e *Edge) flowCookie(value string, age int) *http.Cookie {
	c := &http.Cookie{Name: "natter_oidc", Value: value, Path: "/api/oidc", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if u, err := url.Parse(e.cfg.PublicURL); err == nil && u.Scheme == "https" {
		c.Name, c.Path, c.Secure = "__Host-natter_oidc", "/", true
	}
	return c
}
