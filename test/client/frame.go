package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/natter-chat/natter/chat"
)

// Frame is one frame from natter; op says which members are set.
type Frame struct {
	Op             string          `json:"op"`
	ID             uint64          `json:"id"`
	Room           string          `json:"room"`
	Position       string          `json:"position"`
	Reason         string          `json:"reason"`
	Seq            uint64          `json:"seq"`
	Prev           uint64          `json:"prev"`
	Event          json.RawMessage `json:"event"`
	User           json.RawMessage `json:"user"` // a person in welcome, an id in marker
	Session        string          `json:"session"`
	Time           time.Time       `json:"time"`
	Expires        time.Time       `json:"expires"`
	Message        string          `json:"message"`
	Durability     string          `json:"durability"`
	Code           json.RawMessage `json:"code"` // a word in error, a number in bye
	Detail         string          `json:"detail"`
	ReconnectAfter int64           `json:"reconnect_after_ms"`
	N              uint64          `json:"n"`
	People         []Standing      `json:"people"`
	State          chat.Standing   `json:"state"`
}

// Ack returns the members of an ack frame.
func (f Frame) Ack() Ack {
	return Ack{Message: f.Message, Seq: f.Seq, Position: f.Position, Durability: f.Durability}
}

// err returns an error frame as a *Problem, nil for any other frame.
func (f Frame) err() error {
	if f.Op != "error" {
		return nil
	}
	p := &Problem{Detail: f.Detail}
	if err := json.Unmarshal(f.Code, &p.Code); err != nil {
		return fmt.Errorf("error frame without a code: %s", f.Code)
	}
	return p
}

// userID returns the id in User, whichever form it has.
func (f Frame) userID() string {
	var id string
	if json.Unmarshal(f.User, &id) == nil {
		return id
	}
	var person Person
	_ = json.Unmarshal(f.User, &person)
	return person.ID
}

// End says how a socket ended.
type End struct {
	Code           int    // the close code, 1006 if there was none
	Reason         string // of the close frame
	ByeCode        int    // of the bye frame, 0 if there was none
	ByeReason      string
	ReconnectAfter time.Duration // what the bye frame asked for
	Err            error         // what reading returned
}

// Final reports whether a correct client does not reconnect.
func (e End) Final() bool { return e.Code == 4403 }
