package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// requireRole returns nil if the caller has the role or one that includes it. For
// others there is nothing at the address. The role is asked for each time: one
// that was taken away is gone at once.
func (e *Edge) requireRole(ctx context.Context, role chat.Role) error {
	has, err := e.Accounts.RoleOf(ctx, principal(ctx).User.ID)
	switch {
	case err != nil && !isCode(err, chat.NotFound):
		return err
	case err != nil || !has.May(role):
		return chat.Errorf(chat.NotFound, "There is nothing at this address.")
	}
	return nil
}
