package sql_test

import (
	"maps"

	"github.com/natter-chat/natter/chat"
)

// roomModel is what a room should be, by the plainest code that says it. People
// are numbers; the first of them is an owner of natter's.
type roomModel struct {
	kind, topic     string
	capacity        int
	archived        bool
	rev             int
	roles           map[int]chat.Role // of the members
	muted           map[int]bool      // outlasts a leave
	former          map[int]bool
	banned, invited map[int]bool
	links           []linkModel
}

type linkModel struct {
	maker, uses int
	ended       bool
}

func newRoomModel(kind string, capacity int) *roomModel {
	return &roomModel{kind: kind, capacity: capacity, rev: 1, roles: map[int]chat.Role{1: chat.Owner},
		muted: map[int]bool{}, former: map[int]bool{}, banned: map[int]bool{}, invited: map[int]bool{}}
}

func (m *roomModel) open() bool { return m.kind == chat.Public || m.kind == chat.Announcement }

func (m *roomModel) is(a int) bool { return m.roles[a] != "" }

// role is what somebody may do, member or not.
func (m *roomModel) role(a int) chat.Role {
	role := m.roles[a]
	if role == "" {
		role = chat.Plain
	}
	if a == 0 && m.open() && role == chat.Plain {
		role = chat.Moderator
	}
	return role
}

func (m *roomModel) acting(a int, takes chat.Role) chat.Code {
	switch {
	case !m.is(a):
		return chat.NotFound
	case !m.role(a).May(takes):
		return chat.Forbidden
	}
	return ""
}

func (m *roomModel) above(a, b int) chat.Code {
	switch {
	case a == b:
		return chat.Conflict
	case m.role(b).May(m.role(a)):
		return chat.Forbidden
	}
	return ""
}

// first returns the first code that is one.
func first(codes ...chat.Code) chat.Code {
	for _, code := range codes {
		if code != "" {
			return code
		}
	}
	return ""
}

func when(is bool, code chat.Code) chat.Code {
	if is {
		return code
	}
	return ""
}

func (m *roomModel) join(a, link int) chat.Code {
	if m.is(a) {
		return ""
	}
	byLink := link >= 0
	known := m.open() || byLink || m.invited[a]
	code := first(
		when(byLink && (m.links[max(link, 0)].ended || m.links[max(link, 0)].uses == 0), chat.BadInvitation),
		when((known || m.former[a]) && m.banned[a], chat.Banned),
		when(!known, chat.NotFound),
		when(m.archived, chat.Archived),
		when(m.capacity > 0 && len(m.roles) >= m.capacity, chat.LimitReached))
	if code != "" {
		return code
	}
	if byLink {
		m.links[link].uses--
	}
	delete(m.invited, a)
	m.roles[a] = chat.Plain
	m.rev++
	return ""
}

func (m *roomModel) goes(a int) {
	delete(m.roles, a)
	m.former[a] = true
	m.rev++
	m.endLinks(a)
}

func (m *roomModel) endLinks(maker int) {
	for i := range m.links {
		m.links[i].ended = m.links[i].ended || m.links[i].maker == maker
	}
}

func (m *roomModel) leave(a int) chat.Code {
	if !m.is(a) {
		return when(!m.former[a] || !m.open(), chat.NotFound)
	}
	if m.roles[a] == chat.Owner && len(m.roles) > 1 {
		return chat.Conflict
	}
	m.goes(a)
	if len(m.roles) == 0 && !m.archived {
		m.archived = true
		m.rev++
	}
	return ""
}

func (m *roomModel) invite(a, b int) chat.Code {
	code := first(m.acting(a, chat.Plain), when(m.archived, chat.Archived), when(m.is(b) || m.banned[b], chat.Conflict))
	if code == "" {
		m.invited[b] = true
	}
	return code
}

func (m *roomModel) remove(a, b int) chat.Code {
	code := first(m.acting(a, chat.Moderator), when(!m.is(b), chat.NotFound), m.above(a, b))
	if code == "" {
		m.goes(b)
	}
	return code
}

func (m *roomModel) ban(a, b int) chat.Code {
	code := first(m.acting(a, chat.Moderator), m.above(a, b))
	if code != "" {
		return code
	}
	m.banned[b] = true
	delete(m.invited, b)
	if m.is(b) {
		m.goes(b)
	}
	return ""
}

func (m *roomModel) mute(a, b int, on bool) chat.Code {
	code := first(m.acting(a, chat.Moderator), when(!m.is(b), chat.NotFound), m.above(a, b))
	if code == "" && (on || m.muted[b]) {
		m.muted[b] = on
		m.rev++
	}
	return code
}

func (m *roomModel) setRole(a, b int, role chat.Role) chat.Code {
	code := first(m.acting(a, chat.Owner), when(!m.is(b), chat.NotFound), when(m.roles[b] == chat.Owner, chat.Conflict))
	if code != "" || m.roles[b] == role {
		return code
	}
	m.roles[b] = role
	m.rev++
	if role == chat.Plain {
		m.endLinks(b)
	}
	return ""
}

func (m *roomModel) handOver(a, b int) chat.Code {
	code := first(m.acting(a, chat.Owner), when(!m.is(b), chat.NotFound))
	if code == "" && a != b {
		m.roles[a], m.roles[b] = chat.Moderator, chat.Owner
		m.rev += 2
	}
	return code
}

func (m *roomModel) makeLink(a, uses int) chat.Code {
	code := first(m.acting(a, chat.Moderator), when(m.archived, chat.Archived))
	if code == "" {
		m.links = append(m.links, linkModel{maker: a, uses: uses})
	}
	return code
}

// change does what set does, if it takes no more than the actor's role.
func (m *roomModel) change(a int, takes chat.Role, code chat.Code, set func()) chat.Code {
	was := *m
	was.roles = maps.Clone(m.roles)
	if code = first(m.acting(a, takes), code); code != "" {
		return code
	}
	set()
	if m.kind != was.kind || m.topic != was.topic || m.capacity != was.capacity || m.archived != was.archived {
		m.rev++
	}
	return ""
}
