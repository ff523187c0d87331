package edge

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
)

type (
	changeInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			Name     *string `json:"name,omitempty" maxLength:"300" doc:"1 to 64 visible characters"`
			Topic    *string `json:"topic,omitempty" maxLength:"1000" doc:"One line of at most 250 characters"`
			Kind     *string `json:"kind,omitempty" enum:"public,private,announcement" doc:"For the owner"`
			Capacity *int    `json:"capacity,omitempty" minimum:"0" maximum:"10000" doc:"For the owner; not below the number of members; 0: as many as any room"`
			Slow     *int    `json:"slow,omitempty" minimum:"0" maximum:"21600" doc:"Seconds between two messages of a member; 0: no bound"`
		}
	}
	archivedInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			Archived bool `json:"archived"`
		}
	}
	removeInput struct {
		Room string `path:"room" doc:"The room's id"`
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body *struct {
			Reason string `json:"reason,omitempty" maxLength:"800" doc:"One line of at most 200 characters"`
		}
	}
	memberInput struct {
		Room string `path:"room" doc:"The room's id"`
		User string `path:"user" maxLength:"64" doc:"The person's id"`
	}
	memberRoleInput struct {
		Room string `path:"room" doc:"The room's id"`
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body struct {
			Role chat.Role `json:"role" enum:"moderator,member"`
		}
	}
	ownerInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			User string `json:"user" maxLength:"64" doc:"The id of another member"`
		}
	}
	mutedInput struct {
		Room string `path:"room" doc:"The room's id"`
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body struct {
			Minutes int `json:"minutes" minimum:"0" maximum:"525600" doc:"For how long they may say nothing; 0: they may again"`
		}
	}
	banInput struct {
		Room string `path:"room" doc:"The room's id"`
		User string `path:"user" maxLength:"64" doc:"The person's id"`
		Body struct {
			Reason  string `json:"reason,omitempty" maxLength:"800" doc:"One line of at most 200 characters; the person is told"`
			Minutes int    `json:"minutes,omitempty" minimum:"1" maximum:"525600" doc:"For how long; absent: for ever"`
		}
	}
	newLinkInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			Uses int `json:"uses" minimum:"1" maximum:"1000" doc:"How many may join with it"`
			Days int `json:"expires_in_days" minimum:"1" maximum:"30"`
		}
	}
	linkInput struct {
		Room string `path:"room" doc:"The room's id"`
		Link string `path:"link" maxLength:"64" doc:"The link's id"`
	}
	joinByLinkInput struct {
		Body struct {
			Link string `json:"link" maxLength:"500" doc:"The link, or what stands in it behind /#/join/"`
		}
	}
	bansAnswer    struct{ Body BanList }
	linksAnswer   struct{ Body LinkList }
	newLinkAnswer struct{ Body NewLink }
)

// BanList is who is banned from a room, newest first.
type BanList struct {
	Items []chat.Ban `json:"items" nullable:"false"`
}

// LinkList is the open links to a room, newest first.
type LinkList struct {
	Items []chat.RoomLink `json:"items" nullable:"false"`
}

// NewLink is a link by which people may join a room; it is shown once.
type NewLink struct {
	Link string        `json:"link"`
	Item chat.RoomLink `json:"item"`
}

func (e *Edge) moderationRoutes(a *api) {
	write := scoped(chat.ScopeWrite)
	add(a, op("changeRoom", http.MethodPatch, "/api/rooms/{room}", "Change a room: name, topic and slow mode by its moderators, kind and capacity by its owner", "Rooms", write),
		func(ctx context.Context, in *changeInput) (*roomAnswer, error) {
			b := in.Body
			room, err := e.changeRoom(ctx, principal(ctx), in.Room, chat.RoomChange{Name: b.Name, Topic: b.Topic, Kind: b.Kind, Capacity: b.Capacity, Slow: b.Slow})
			return &roomAnswer{room}, err
		})
	add(a, op("archiveRoom", http.MethodPut, "/api/rooms/{room}/archived", "Archive a room, or take that back: for its owner", "Rooms", write),
		func(ctx context.Context, in *archivedInput) (*roomAnswer, error) {
			room, err := e.archiveRoom(ctx, principal(ctx), in.Room, in.Body.Archived)
			return &roomAnswer{room}, err
		})
	add(a, op("handOver", http.MethodPost, "/api/rooms/{room}/owner", "Hand a room over: its owner becomes a moderator. While the owner is disabled, for its moderators", "Rooms", write),
		func(ctx context.Context, in *ownerInput) (*nothing, error) {
			return nil, e.handOver(ctx, principal(ctx), in.Room, in.Body.User)
		})
	add(a, op("removeMember", http.MethodDelete, "/api/rooms/{room}/members/{user}", "Remove a member: moderators members, owners everybody but owners", "Rooms", write),
		func(ctx context.Context, in *removeInput) (*nothing, error) {
			reason := ""
			if in.Body != nil {
				reason = in.Body.Reason
			}
			return nil, e.removeMember(ctx, principal(ctx), in.Room, in.User, reason)
		})
	add(a, op("setMemberRole", http.MethodPut, "/api/rooms/{room}/members/{user}/role", "Make a member a moderator, or one no longer: for the owner", "Rooms", write),
		func(ctx context.Context, in *memberRoleInput) (*nothing, error) {
			return nil, e.setMemberRole(ctx, principal(ctx), in.Room, in.User, in.Body.Role)
		})
	add(a, op("muteMember", http.MethodPut, "/api/rooms/{room}/members/{user}/muted", "Let a member say nothing for a time", "Rooms", write),
		func(ctx context.Context, in *mutedInput) (*nothing, error) {
			return nil, e.muteMember(ctx, principal(ctx), in.Room, in.User, in.Body.Minutes)
		})
	e.banRoutes(a)
	e.linkRoutes(a)
}

func (e *Edge) banRoutes(a *api) {
	add(a, op("bans", http.MethodGet, "/api/rooms/{room}/bans", "Who is banned from a room, newest first: for its moderators", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *roomInput) (*bansAnswer, error) {
			list, err := e.bans(ctx, principal(ctx), in.Room)
			return &bansAnswer{BanList{listOf(list)}}, err
		})
	add(a, op("ban", http.MethodPut, "/api/rooms/{room}/bans/{user}", "Keep somebody out of a room, member or not", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *banInput) (*nothing, error) {
			return nil, e.ban(ctx, principal(ctx), in.Room, in.User, in.Body.Reason, in.Body.Minutes)
		})
	add(a, op("unban", http.MethodDelete, "/api/rooms/{room}/bans/{user}", "Let somebody come in again", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *memberInput) (*nothing, error) {
			return nil, e.unban(ctx, principal(ctx), in.Room, in.User)
		})
}

func (e *Edge) linkRoutes(a *api) {
	add(a, op("links", http.MethodGet, "/api/rooms/{room}/links", "Open links to a room, newest first: for its moderators", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *roomInput) (*linksAnswer, error) {
			list, err := e.links(ctx, principal(ctx), in.Room)
			return &linksAnswer{LinkList{listOf(list)}}, err
		})
	add(a, op("makeLink", http.MethodPost, "/api/rooms/{room}/links", "A link by which people may join; it is shown once", "Rooms", scoped(chat.ScopeWrite), created),
		func(ctx context.Context, in *newLinkInput) (*newLinkAnswer, error) {
			made, err := e.newLink(ctx, principal(ctx), in.Room, in.Body.Uses, in.Body.Days)
			return &newLinkAnswer{made}, err
		})
	add(a, op("endLink", http.MethodDelete, "/api/rooms/{room}/links/{link}", "End a link to a room", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *linkInput) (*nothing, error) {
			return nil, e.endLink(ctx, principal(ctx), in.Room, in.Link)
		})
	add(a, op("joinByLink", http.MethodPost, "/api/rooms/join", "Join the room that a link leads to", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *joinByLinkInput) (*roomAnswer, error) {
			room, err := e.joinByLink(ctx, principal(ctx), in.Body.Link)
			return &roomAnswer{room}, err
		})
}
