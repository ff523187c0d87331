package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// requireRole returns not_found, as for what does not exist, unless who has at
// least the role now. It stands in no token: one that is taken away is gone at once.
func (e *Edge) requireRole(ctx context.Context, who chat.Principal, atLeast chat.Role) error {
	role, err := e.Staff.RoleOf(ctx, who.User.ID)
	if err == nil && !role.May(atLeast) {
		err = chat.NothingHere()
	}
	return err
}
