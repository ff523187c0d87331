package edge

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/natter-chat/natter/chat"
)

// requestTime bounds the work on a request, a long poll's waiting apart. It
// leaves a publish its full deadline.
const requestTime = 20 * time.Second

// api is the HTTP interface: huma reads parameters, checks them against the
// schemas that it also documents, and writes answers; everything that is said
// about errors is said here.
type api struct {
	edge *Edge
	huma huma.API
}

// newAPI returns an API without operations on mux. What huma would serve by
// itself (documents, schemas) is off: natter serves its own.
func newAPI(e *Edge, mux *http.ServeMux) *api {
	format := huma.Format{Marshal: marshalAnswer, Unmarshal: unmarshalBody}
	a := &api{edge: e}
	a.huma = humago.New(mux, huma.Config{
		OpenAPI:                      openAPI(),
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.transform},
	})
	a.huma.UseMiddleware(a.exchange)
	return a
}

// add registers an operation. Errors become problems, and with a security
// requirement the handler finds the caller with principal(ctx).
func add[I, O any](a *api, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	a.documentProblem(&op)
	// exchange has read the body by then. A deadline that huma set now would
	// cancel a request that takes longer than its body.
	op.MaxBodyBytes, op.BodyReadTimeout = maxBody+1, -1
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.edge.problem(ctx, err)
		}
		return out, nil
	})
}

// documentProblem says what an operation answers with when it cannot.
func (a *api) documentProblem(op *huma.Operation) {
	problem := a.huma.OpenAPI().Components.Schemas.Schema(typeOf[Problem](), true, "Problem")
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "A problem (RFC 9457)",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
	}
}

// exchange is the middleware of every operation: it gives the request its
// deadline, its caller, its place within the limits and its body, or answers
// with what is wrong.
func (a *api) exchange(hc huma.Context, next func(huma.Context)) {
	op := hc.Operation()
	r, w := humago.Unwrap(hc)
	limit := requestTime
	if d, ok := op.Metadata["wait"].(time.Duration); ok {
		limit += d
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	ctx = context.WithValue(ctx, requestKey{}, r)
	ctx = context.WithValue(ctx, answerKey{}, w.Header())
	if len(op.Security) > 0 {
		who, err := a.edge.caller(ctx, r)
		if err == nil {
			err = a.edge.permit(ctx, op, who)
		}
		if err != nil {
			writeProblem(w, a.edge.problem(ctx, err))
			return
		}
		ctx = context.WithValue(ctx, callerKey{}, who)
	}
	if err := a.edge.charge(ctx, op, r); err != nil {
		writeProblem(w, a.edge.problem(ctx, err))
		return
	}
	x := &exchangeContext{humaContext: huma.WithContext(hc, ctx)}
	if op.RequestBody != nil && (op.RequestBody.Required || r.ContentLength != 0) {
		body, err := readBody(w, r)
		if err == nil {
			err = checkJSON(body)
		}
		if err != nil {
			writeProblem(w, a.edge.problem(ctx, err))
			return
		}
		x.body = body
	}
	next(x)
}

// transform turns huma's own errors into problems like all others, and pages of
// history into bytes whose length is known: they go out in one piece.
func (a *api) transform(hc huma.Context, _ string, v any) (any, error) {
	if page, ok := v.(Page); ok {
		raw := page.encode()
		hc.SetHeader("Content-Length", strconv.Itoa(len(raw)))
		return raw, nil
	}
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := a.refusal(hc.Context(), model)
	if x, ok := hc.(*exchangeContext); ok {
		x.status = p.Status
	}
	hc.SetHeader("Content-Type", p.ContentType(""))
	return p, nil
}

// refusal says what did not fit the schema, field by field.
func (a *api) refusal(ctx context.Context, model *huma.ErrorModel) *Problem {
	if model.Status >= http.StatusInternalServerError {
		return a.edge.problem(ctx, errors.New(model.Error()))
	}
	p := newProblem(ctx, chat.BadRequest, "The request does not fit: see errors.")
	if model.Status == http.StatusNotAcceptable {
		p.Detail = "natter answers in application/json."
	}
	for _, d := range model.Errors {
		p.Errors = append(p.Errors, FieldError{Field: clip(placeOf(d), 100), Detail: clip(d.Message, 200)})
	}
	return p
}

// placeOf returns the name of the member or parameter that is wrong, from
// huma's body.text or query.limit. A missing member is named in the message.
func placeOf(d *huma.ErrorDetail) string {
	place := d.Location
	if _, rest, found := strings.Cut(place, "."); found {
		place = rest
	}
	if missing, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		place = strings.TrimPrefix(place+"."+strings.TrimSuffix(missing, " to be present"), "body.")
	}
	return place
}

// caller returns who the request's access token speaks for.
func (e *Edge) caller(ctx context.Context, r *http.Request) (chat.Principal, error) {
	token, ok := bearer(r)
	if !ok {
		return chat.Principal{}, chat.Errorf(chat.Unauthenticated, "Send an access token: Authorization: Bearer …")
	}
	return e.authenticate(ctx, e.clientAddress(r), token)
}

// bearer returns the token of the Authorization header (RFC 6750, section 2.1).
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

type (
	callerKey  struct{}
	requestKey struct{}
)

// principal returns the caller of an operation that asks for a token.
func principal(ctx context.Context) chat.Principal {
	who, _ := ctx.Value(callerKey{}).(chat.Principal)
	return who
}

// requestOf returns the request that ctx belongs to.
func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}
