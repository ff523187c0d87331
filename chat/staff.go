package chat

import "time"

// KnownPerson is a line of the list of people, as moderators and owners see it.
type KnownPerson struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Email    string     `json:"email,omitempty" doc:"For owners only"`
	Role     Role       `json:"role" enum:"owner,moderator,member"`
	Disabled bool       `json:"disabled"`
	Created  time.Time  `json:"created"`
	Seen     *time.Time `json:"seen,omitempty" doc:"When one of their sessions was last refreshed"`
}

// PeopleQuery asks for a page of the people, by name.
type PeopleQuery struct {
	Query  string // a part of the name, or of the address if Emails is set
	After  string // the last id of the page before, or ""
	Limit  int
	Emails bool // addresses are told
}

// NothingHere is what is told about an address where nothing is, about people and
// invitations that do not exist, and to whoever has not the role for something:
// one sentence, so that nobody can tell these apart.
func NothingHere() *Error {
	return Errorf(NotFound, "There is nothing at this address.")
}
