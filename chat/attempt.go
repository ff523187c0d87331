package chat

import "time"

// Attempt is one of a bounded number, such as a guess at a password, that all
// edges count together.
type Attempt struct {
	Granted bool          // false: there were as many as allowed; this one was not counted
	Left    int           // how many more are allowed
	Resets  time.Time     // when counting starts over, by the database's clock
	Wait    time.Duration // until then
}
