package target

import (
	"errors"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/events"
)

// Stand is what another process of the load tool needs to be a person of a
// private natter.
type Stand struct {
	User    events.Person `json:"user"`
	Session string        `json:"session"`
}

// Stand returns what stands for the person elsewhere.
func (p *Person) Stand() (Stand, error) {
	if p.keys == nil {
		return Stand{}, errors.New("only people of a private natter can be lent to another process")
	}
	return Stand{User: p.User, Session: p.session}, nil
}

// Stands makes people of what stands for them. secret is the edges'.
func Stands(secret string, all []Stand) ([]*Person, error) {
	secrets, err := auth.ParseSecrets(secret)
	if err != nil {
		return nil, err
	}
	keys, err := auth.NewKeys(secrets, nil)
	if err != nil {
		return nil, err
	}
	people := make([]*Person, len(all))
	for i, s := range all {
		people[i] = &Person{User: s.User, session: s.Session, keys: keys}
	}
	return people, nil
}
