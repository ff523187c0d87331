package edge

import (
	"context"
	"net/http"
	"time"

	"github.com/natter-chat/natter/chat"
)

type (
	newTokenInput struct {
		Body struct {
			Name   string       `json:"name" maxLength:"300" doc:"1 to 64 visible characters, to know it by"`
			Scopes []chat.Scope `json:"scopes" minItems:"1" maxItems:"3" enum:"read,write,admin" nullable:"false" doc:"What a program may do with it"`
			Days   int          `json:"expires_in_days,omitempty" minimum:"1" maximum:"366" doc:"Absent: until it is revoked"`

			Password string `json:"password,omitempty" maxLength:"1024" doc:"Mine; absent for an account without one, which needs a login of the last ten minutes"`
		}
	}
	tokenInput struct {
		Token string `path:"token" maxLength:"64" doc:"The token's id"`
	}
	tokensAnswer   struct{ Body TokenList }
	newTokenAnswer struct{ Body NewToken }
)

// TokenList is a person's personal access tokens, newest first.
type TokenList struct {
	Items []chat.AccessToken `json:"items" nullable:"false"`
}

// NewToken is a personal access token, which is shown once.
type NewToken struct {
	Token string           `json:"token" doc:"Send as Authorization: Bearer …, or in a socket's auth frame"`
	Item  chat.AccessToken `json:"item"`
}

func (e *Edge) tokenRoutes(a *api) {
	add(a, op("tokens", http.MethodGet, "/api/tokens", "My personal access tokens, newest first", "Accounts", secured),
		func(ctx context.Context, _ *nothing) (*tokensAnswer, error) {
			list, err := e.Tokens.Tokens(ctx, principal(ctx).User.ID)
			return &tokensAnswer{TokenList{listOf(list)}}, err
		})
	add(a, op("makeToken", http.MethodPost, "/api/tokens", "A personal access token, for a program that acts for me; it is shown once", "Accounts", secured, limited(boundAddress, boundActions, boundNoted), created),
		func(ctx context.Context, in *newTokenInput) (*newTokenAnswer, error) {
			n := chat.NewAccessToken{Name: in.Body.Name, Scopes: in.Body.Scopes, Lasts: time.Duration(in.Body.Days) * 24 * time.Hour}
			made, err := e.newToken(ctx, principal(ctx), n, in.Body.Password)
			return &newTokenAnswer{made}, err
		})
	add(a, op("endToken", http.MethodDelete, "/api/tokens/{token}", "Revoke a token: what is open with it closes on every edge", "Accounts", secured),
		func(ctx context.Context, in *tokenInput) (*nothing, error) {
			return nil, e.endToken(ctx, principal(ctx), in.Token)
		})
}
