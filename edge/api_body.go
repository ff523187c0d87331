package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	strict "github.com/go-json-experiment/json"

	"github.com/natter-chat/natter/chat"
)

// bodyTime is how long a client may take to send a body.
const bodyTime = 10 * time.Second

// humaContext is embedded under a name that its method Context leaves free.
type humaContext = huma.Context

// exchangeContext is huma's view of a request whose body has been read and
// checked, and of its answer.
type exchangeContext struct {
	humaContext
	body   []byte
	status int // replaces the status when huma's own error was translated
}

// Unwrap lets the adapter find the request.
func (x *exchangeContext) Unwrap() huma.Context { return x.humaContext }

// BodyReader returns the body that exchange has read.
func (x *exchangeContext) BodyReader() io.Reader { return bytes.NewReader(x.body) }

// SetStatus writes the status.
func (x *exchangeContext) SetStatus(code int) {
	if x.status != 0 {
		code = x.status
	}
	x.humaContext.SetStatus(code)
}

// readBody reads a JSON body of at most maxBody bytes. net/http takes the
// deadline that every request with a body starts with away when all is there.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, unsupportedBody()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, bodyError(err)
	}
	return body, nil
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &chat.Error{Code: chat.TooLarge, Detail: "The request's body is larger than 64 KiB.", Cause: err}
	}
	return &chat.Error{Code: chat.BadRequest, Detail: "The request's body did not arrive whole, or too slowly.", Cause: err}
}

// unsupportedBody is a bad_request with a status of its own.
func unsupportedBody() error {
	return &Problem{Type: "urn:natter:" + string(chat.BadRequest), Title: http.StatusText(http.StatusUnsupportedMediaType),
		Status: http.StatusUnsupportedMediaType, Code: chat.BadRequest, Detail: "Send a body of Content-Type application/json."}
}

// unmarshalBody is what huma decodes with, after checkJSON has passed: once
// into any, to check the schema, and once into the input.
func unmarshalBody(data []byte, v any) error {
	return strict.Unmarshal(data, v, strict.RejectUnknownMembers(true))
}

// rawJSON is an answer that is encoded already.
type rawJSON []byte

// marshalAnswer is what huma encodes with.
func marshalAnswer(w io.Writer, v any) error {
	if raw, ok := v.(rawJSON); ok {
		_, err := w.Write(raw)
		return err
	}
	return huma.DefaultJSONFormat.Marshal(w, v)
}

// writeProblem answers with p.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// typeOf returns T's reflection type.
func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
