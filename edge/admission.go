package edge

import (
	"context"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

// admission is what decides whether an account may be made, with the hash of
// the invitation that was shown, or nil. Whoever makes an account hands it on:
// only in the transaction that makes it can an invitation be used exactly.
func (e *Edge) admission(invitation []byte) chat.Admission {
	return chat.Admission{Mode: e.cfg.SignUp, Owner: e.cfg.Owner, Invitation: invitation}
}

// admits reports whether somebody with this address and invitation may begin to
// sign up, and returns what is kept of the invitation until they have proved the
// address. It uses nothing up.
func (e *Edge) admits(ctx context.Context, email, invitation string) (invited []byte, err error) {
	invited = auth.HashInvitation(invitation)
	return invited, e.Invitations.SignUpAllowed(ctx, email, e.admission(invited))
}
