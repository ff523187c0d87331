package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/search"
)

// Finder finds messages.
type Finder interface {
	// Search returns what the query finds where the reader may look, newest
	// first. not_found if they are no member of the room asked for; overloaded
	// if it takes too long.
	Search(ctx context.Context, f chat.SearchFor, q search.Query) (chat.Found, error)
}
