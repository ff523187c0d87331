package chat

import "time"

// Purpose is what a mailed code is for.
type Purpose string

const (
	ForSignUp Purpose = "signup" // makes the account that Flow.Account describes
	ForReset  Purpose = "reset"  // sets a new password
	ForEmail  Purpose = "email"  // makes Flow.Email the address of Flow.User
)

// The bounds of mailed codes.
const (
	CodeLife     = 10 * time.Minute // of a code
	CodePause    = 30 * time.Second // between two codes of a flow
	CodeSends    = 3                // codes of a flow
	CodeGuesses  = 5                // of a flow, however many codes it was sent
	FlowsAnHour  = 20               // that may be started for one address, by whomever
	FlowsFromOne = 5                // of these, from one network address
)

// Flow is what a person does from asking for a mailed code to sending it back.
type Flow struct {
	ID      string // random: only who started the flow knows it
	Purpose Purpose
	Email   string     // where the code goes, as it was typed
	User    string     // whose address changes; "" otherwise
	Hash    []byte     // keyed, of the id and the code
	Guesses int        // so far
	Account NewAccount // what is made by ForSignUp
	// Invitation is the hash of the invitation with which somebody signs up.
	Invitation []byte
}

// NoSuchCode is the answer to every code that does not fit. It does not tell
// whether the flow exists, has expired or has no guesses left.
func NoSuchCode() error {
	return &Error{Code: WrongCode, Field: "code", Detail: "This code is wrong, or not valid any more. Look for the newest mail, or ask for another code."}
}
