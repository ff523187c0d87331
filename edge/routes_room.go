package edge

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
)

type (
	roomInput struct {
		Room string `path:"room" doc:"The room's id"`
	}
	newRoomInput struct {
		Key  string `header:"Idempotency-Key" doc:"A UUIDv7: the same key again is the same room"`
		Body struct {
			Kind     string `json:"kind" enum:"public,private,announcement"`
			Name     string `json:"name" maxLength:"300" doc:"1 to 64 visible characters"`
			Topic    string `json:"topic,omitempty" maxLength:"1000" doc:"What it is about: one line of at most 250 characters"`
			Capacity int    `json:"capacity,omitempty" minimum:"0" maximum:"10000" doc:"How many members it may have; 0: as many as any room"`
		}
	}
	personInput struct {
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"200" doc:"A person's name"`
		}
	}
	inviteInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"200" doc:"A person's name"`
		}
	}
	publicInput struct {
		Query string `query:"query" maxLength:"200" doc:"A part of the name or topic"`
		After string `query:"after" maxLength:"64" doc:"next of the page before"`
		Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	membersInput struct {
		Room  string `path:"room" doc:"The room's id"`
		After string `query:"after" maxLength:"200" doc:"next of the page before"`
		Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	roomAnswer    struct{ Body chat.Room }
	roomsAnswer   struct{ Body RoomList }
	publicAnswer  struct{ Body PublicList }
	membersAnswer struct{ Body MemberList }
)

// PublicList is a page of the public rooms, by name.
type PublicList struct {
	Rooms []chat.Room `json:"rooms" nullable:"false"`
	Next  string      `json:"next,omitempty" doc:"Pass as after; absent at the end"`
}

// MemberList is a page of a room's members, by name.
type MemberList struct {
	Members []chat.Member `json:"members" nullable:"false"`
	Next    string        `json:"next,omitempty" doc:"Pass as after; absent at the end"`
}

func (e *Edge) roomRoutes(a *api) {
	add(a, op("myRooms", http.MethodGet, "/api/rooms", "My rooms, latest activity first", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, _ *nothing) (*roomsAnswer, error) {
			list, err := e.myRooms(ctx, principal(ctx))
			return &roomsAnswer{list}, err
		})
	add(a, op("publicRooms", http.MethodGet, "/api/rooms/public", "Rooms that anybody may join, by name", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *publicInput) (*publicAnswer, error) {
			list, err := e.publicRooms(ctx, in.Query, in.After, in.Limit)
			return &publicAnswer{list}, err
		})
	add(a, op("createRoom", http.MethodPost, "/api/rooms", "Make a room", "Rooms", scoped(chat.ScopeWrite), created),
		func(ctx context.Context, in *newRoomInput) (*roomAnswer, error) {
			room, err := e.createRoom(ctx, principal(ctx), in.Key,
				chat.NewRoom{Kind: in.Body.Kind, Name: in.Body.Name, Topic: in.Body.Topic, Capacity: in.Body.Capacity})
			return &roomAnswer{room}, err
		})
	add(a, op("openDirect", http.MethodPost, "/api/rooms/direct", "The direct room with a person, always the same one", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *personInput) (*roomAnswer, error) {
			room, err := e.openDirect(ctx, principal(ctx), in.Body.Name)
			return &roomAnswer{room}, err
		})
	add(a, op("room", http.MethodGet, "/api/rooms/{room}", "One of my rooms", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *roomInput) (*roomAnswer, error) {
			m, err := e.membership(ctx, requestPatience, principal(ctx), in.Room)
			return &roomAnswer{m.Room}, err
		})
	e.membershipRoutes(a)
}

func (e *Edge) membershipRoutes(a *api) {
	add(a, op("joinRoom", http.MethodPost, "/api/rooms/{room}/join", "Join a room that is open to all, or one I am invited to", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *roomInput) (*roomAnswer, error) {
			room, err := e.joinRoom(ctx, principal(ctx), in.Room)
			return &roomAnswer{room}, err
		})
	add(a, op("leaveRoom", http.MethodPost, "/api/rooms/{room}/leave", "Leave a room", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *roomInput) (*nothing, error) {
			return nil, e.leaveRoom(ctx, principal(ctx), in.Room)
		})
	add(a, op("invite", http.MethodPost, "/api/rooms/{room}/invitations", "Let a person join", "Rooms", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *inviteInput) (*nothing, error) {
			return nil, e.invite(ctx, principal(ctx), in.Room, in.Body.Name)
		})
	add(a, op("members", http.MethodGet, "/api/rooms/{room}/members", "Who is in a room, by name", "Rooms", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *membersInput) (*membersAnswer, error) {
			list, err := e.members(ctx, principal(ctx), in.Room, in.After, in.Limit)
			return &membersAnswer{list}, err
		})
}

// publicRooms returns a page of the rooms that anybody may join.
func (e *Edge) publicRooms(ctx context.Context, query, after string, limit int) (PublicList, error) {
	if err := checkPlain("query", query); err != nil {
		return PublicList{}, err
	}
	if after != "" {
		if err := chat.CheckID("after", after); err != nil {
			return PublicList{}, err
		}
	}
	rooms, err := e.Directory.PublicRooms(ctx, query, after, limit+1)
	if err != nil {
		return PublicList{}, err
	}
	list := PublicList{Rooms: listOf(rooms)}
	if len(rooms) > limit {
		list.Rooms, list.Next = list.Rooms[:limit], rooms[limit-1].ID
	}
	return list, nil
}

// members returns a page of a room's members.
func (e *Edge) members(ctx context.Context, who chat.Principal, room, after string, limit int) (MemberList, error) {
	if _, err := e.membership(ctx, requestPatience, who, room); err != nil {
		return MemberList{}, err
	}
	if err := checkPlain("after", after); err != nil {
		return MemberList{}, err
	}
	members, err := e.Directory.Members(ctx, room, after, limit+1)
	if err != nil {
		return MemberList{}, err
	}
	list := MemberList{Members: listOf(members)}
	if len(members) > limit {
		list.Members, list.Next = list.Members[:limit], members[limit-1].Name
	}
	return list, nil
}
