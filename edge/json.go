package edge

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/natter-chat/natter/chat"
)

const (
	// maxBody bounds a request's body and a WebSocket message.
	maxBody = 64 << 10
	// maxDepth bounds how deep a client's JSON nests; the protocol needs four.
	maxDepth = 16
)

// decodeJSON reads one JSON value from a client into v, which must be a
// pointer to a struct. It is strict: unknown and repeated names, null, numbers
// that do not fit, NUL, lone surrogates, invalid UTF-8, deep nesting and
// anything after the value are bad_request, with the place as Field.
func decodeJSON(data []byte, v any) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v, json.RejectUnknownMembers(true)); err != nil {
		return badJSON(err)
	}
	return nil
}

// checkJSON refuses what no client has reason to send, whatever the request.
func checkJSON(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return badJSON(err)
		}
		switch token.Kind() {
		case 'n':
			return badPlace(d.StackPointer(), "null is not allowed: leave the member out")
		case '"':
			if bytes.IndexByte([]byte(token.String()), 0) >= 0 {
				return badPlace(d.StackPointer(), "NUL is not allowed in text")
			}
		case '{', '[':
			if d.StackDepth() > maxDepth {
				return badPlace("", "it nests too deeply")
			}
		}
		if d.StackDepth() == 0 {
			break
		}
	}
	if rest := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return badPlace("", "something follows the value")
	}
	return nil
}

// badJSON turns an error of the JSON package into one that a client may see.
// The package's own words may quote the input, so they are for the log only.
func badJSON(err error) error {
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	var out *chat.Error
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		out = badPlace(syntactic.JSONPointer, "the name is repeated")
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		out = badPlace(semantic.JSONPointer, "the name is unknown")
	case errors.As(err, &semantic):
		out = badPlace(semantic.JSONPointer, "the value has the wrong type or does not fit")
	case errors.As(err, &syntactic):
		out = badPlace(syntactic.JSONPointer, fmt.Sprintf("this is not JSON, at byte %d", syntactic.ByteOffset))
	default:
		out = badPlace("", "this is not JSON, or not all of it")
	}
	out.Cause = err
	return out
}

// badPlace names the place by its path, such as rooms/3/after.
func badPlace(at jsontext.Pointer, what string) *chat.Error {
	place := clip(strings.TrimPrefix(string(at), "/"), 100)
	out := chat.Errorf(chat.BadRequest, "The request cannot be understood: %s.", what)
	if place != "" {
		out.Field, out.Detail = place, fmt.Sprintf("The request cannot be understood: at %s %s.", place, what)
	}
	return out
}

// clip shortens s to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// listOf returns items as JSON has a list: never null.
func listOf[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
