package edge

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
)

type (
	peopleInput struct {
		Query string `query:"query" maxLength:"200" doc:"A part of the name; for owners, or of the address"`
		After string `query:"after" maxLength:"64" doc:"next of the page before"`
		Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	roleInput struct {
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body struct {
			Role chat.Role `json:"role" enum:"owner,moderator,member"`
		}
	}
	disabledInput struct {
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body struct {
			Disabled bool `json:"disabled" doc:"True ends all their sessions and suspends their tokens, at once; false lets them log in again and restores the tokens"`
		}
	}
	newInvitationInput struct {
		Body struct {
			Uses int `json:"uses" minimum:"1" maximum:"100" doc:"How many may sign up with it"`
			Days int `json:"expires_in_days" minimum:"1" maximum:"30"`
		}
	}
	invitationInput struct {
		Invitation string `path:"invitation" maxLength:"64" doc:"The invitation's id"`
	}
	peopleAnswer        struct{ Body PeopleList }
	invitationsAnswer   struct{ Body InvitationList }
	newInvitationAnswer struct{ Body NewInvitation }
)

// PeopleList is a page of all people, by name.
type PeopleList struct {
	Items []chat.KnownPerson `json:"items" nullable:"false"`
	Next  string             `json:"next,omitempty" doc:"Pass as after; absent at the end"`
}

// InvitationList is the open invitations to sign up, newest first.
type InvitationList struct {
	Items []chat.SignUpInvitation `json:"items" nullable:"false"`
}

// NewInvitation is an invitation to sign up, which is shown once.
type NewInvitation struct {
	Link       string                `json:"link" doc:"For whoever is invited"`
	Invitation string                `json:"invitation" doc:"What stands in the link"`
	Item       chat.SignUpInvitation `json:"item"`
}

func (e *Edge) staffRoutes(a *api) {
	add(a, op("people", http.MethodGet, "/api/people", "Everybody who has an account, by name", "People", forStaff(chat.Moderator)),
		func(ctx context.Context, in *peopleInput) (*peopleAnswer, error) {
			list, err := e.people(ctx, principal(ctx), in.Query, in.After, in.Limit)
			return &peopleAnswer{list}, err
		})
	add(a, op("setRole", http.MethodPut, "/api/people/{user}/role", "Give somebody a role; there is always an owner", "People", forStaff(chat.Owner)),
		func(ctx context.Context, in *roleInput) (*nothing, error) {
			return nil, e.setRole(ctx, principal(ctx), in.User, in.Body.Role)
		})
	add(a, op("setDisabled", http.MethodPut, "/api/people/{user}/disabled", "Take natter from somebody, or give it back: moderators with members, owners with everybody but the last owner", "People", forStaff(chat.Moderator)),
		func(ctx context.Context, in *disabledInput) (*nothing, error) {
			return nil, e.setDisabled(ctx, principal(ctx), in.User, in.Body.Disabled)
		})
	e.invitationRoutes(a)
}

func (e *Edge) invitationRoutes(a *api) {
	add(a, op("invitations", http.MethodGet, "/api/invitations", "Open invitations to sign up, newest first", "People", forStaff(chat.Moderator)),
		func(ctx context.Context, _ *nothing) (*invitationsAnswer, error) {
			list, err := e.Invitations.Invitations(ctx)
			return &invitationsAnswer{InvitationList{listOf(list)}}, err
		})
	add(a, op("makeInvitation", http.MethodPost, "/api/invitations", "A link by which people may sign up; it is shown once", "People", forStaff(chat.Moderator), created),
		func(ctx context.Context, in *newInvitationInput) (*newInvitationAnswer, error) {
			made, err := e.newInvitation(ctx, principal(ctx), in.Body.Uses, in.Body.Days)
			return &newInvitationAnswer{made}, err
		})
	add(a, op("endInvitation", http.MethodDelete, "/api/invitations/{invitation}", "End an invitation to sign up", "People", forStaff(chat.Moderator)),
		func(ctx context.Context, in *invitationInput) (*nothing, error) {
			return nil, e.endInvitation(ctx, principal(ctx), in.Invitation)
		})
}
