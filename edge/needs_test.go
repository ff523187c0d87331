package edge

import (
	"net/http"
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

// operations returns all that the edge has registered.
func operations(e *Edge, visit func(path string, o *huma.Operation)) {
	for path, item := range e.operations(http.NewServeMux()).huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Patch, item.Head, item.Options} {
			if o != nil {
				visit(path, o)
			}
		}
	}
}

// A new operation cannot forget to say who may call it, nor be open by mistake.
func TestEveryOperationDeclaresWhoMayCallIt(t *testing.T) {
	n := 0
	operations(newWorld(t).edge().Edge, func(path string, o *huma.Operation) {
		n++
		switch {
		case o.Security == nil:
			t.Errorf("%s %s declares nothing: forAll, secured, scoped, anyToken or forStaff", o.Method, path)
		case len(o.Security) == 0 && !slices.Contains(public, o.OperationID):
			t.Errorf("%s %s is public", o.Method, path)
		case len(o.Security) > 1:
			t.Errorf("%s %s has alternatives, which permit does not know", o.Method, path)
		}
		for _, need := range o.Security {
			for scheme, scopes := range need {
				if scheme != bearerScheme && scheme != sessionScheme {
					t.Errorf("%s %s: scheme %s", o.Method, path, scheme)
				}
				for _, scope := range scopes {
					if _, err := chat.CheckScopes([]chat.Scope{chat.Scope(scope)}); err != nil {
						t.Errorf("%s %s: %v", o.Method, path, err)
					}
				}
			}
		}
	})
	if n < 20 {
		t.Errorf("only %d operations", n)
	}
}

// Whatever an operation declares, a token without the scope does not get in.
func TestNoTokenGetsPastWhatAnOperationDeclares(t *testing.T) {
	one := newWorld(t).edge()
	poor := chat.Principal{Scopes: []chat.Scope{}}
	operations(one.Edge, func(path string, o *huma.Operation) {
		if len(o.Security) == 0 {
			return
		}
		scopes, tokens := o.Security[0][bearerScheme]
		open := tokens && len(scopes) == 0
		if err := one.permitToken(o, poor); (err == nil) != open {
			t.Errorf("%s %s for a token without scopes: %v", o.Method, path, err)
		}
		if open && path != "/api/me" && path != "/api/tickets" {
			t.Errorf("%s %s asks for no scope", o.Method, path)
		}
		if err := one.permitToken(o, chat.Principal{}); err != nil {
			t.Errorf("%s %s for a session: %v", o.Method, path, err)
		}
	})
}

func TestEveryFrameDeclaresItsScope(t *testing.T) {
	in, _ := socketFrames()
	for _, f := range in {
		if _, err := frameNeeds(f.name); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if _, err := frameNeeds("unheard"); !isCode(err, chat.BadRequest) {
		t.Errorf("a frame that declares nothing: %v", err)
	}
}
