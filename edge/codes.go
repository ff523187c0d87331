package edge

import (
	"strconv"
	"time"

	"github.com/natter-chat/natter/events"
)

// What clients of the live side see by number or name. All of it is
// append-only: clients decide by these what to do next (see docs/protocol.md).

// closeCode says why natter closes a socket. 1000 to 1015 are RFC 6455's
// (section 7.4.1); in natter's own, the last two digits of 44xx and 45xx follow
// the HTTP status that means the same.
type closeCode int

const (
	closeNormal       closeCode = 1000 // the client closed, and is answered alike
	closeGoingAway    closeCode = 1001 // the edge ended without a drain
	closeProtocol     closeCode = 1002 // a frame broke RFC 6455
	closeBinary       closeCode = 1003 // a binary frame: the protocol is text
	closeBroken       closeCode = 1006 // never sent: the connection just broke
	closeNotUTF8      closeCode = 1007 // a text frame was not UTF-8
	closeFlood        closeCode = 1008 // too many frames, or too many bad ones
	closeTooBig       closeCode = 1009 // a frame of more than 64 KiB
	closeDefect       closeCode = 1011 // a defect of natter's; the logs have it
	closeRestart      closeCode = 1012 // the edge restarts: reconnect after the given time
	closeRefused      closeCode = 4401 // no auth within 5 s, or the token was refused
	closeExpired      closeCode = 4402 // the token ended and no newer one came
	closeSessionEnded closeCode = 4403 // the session ended: log in again
	closeSlow         closeCode = 4408 // the client read too slowly: resume from your position
	closeCrowded      closeCode = 4429 // the user has as many connections here as one person may
	closeUnchecked    closeCode = 4503 // natter cannot check sessions right now
)

// reason is the sentence that goes with a close code.
func (c closeCode) reason() string {
	switch c {
	case closeNormal:
		return "closed"
	case closeGoingAway:
		return "the edge stopped"
	case closeProtocol:
		return "a frame broke RFC 6455"
	case closeBinary:
		return "binary frames are not part of the protocol"
	case closeBroken:
		return "the connection broke"
	case closeNotUTF8:
		return "a text frame was not UTF-8"
	case closeFlood:
		return "too many frames, or too many bad frames"
	case closeTooBig:
		return "a frame is larger than 64 KiB"
	case closeDefect:
		return "a defect in natter"
	case closeRestart:
		return "the edge restarts"
	case closeRefused:
		return "no auth within 5 s, or the token was refused"
	case closeExpired:
		return "the access token ended"
	case closeSessionEnded:
		return "the session ended"
	case closeSlow:
		return "you read too slowly"
	case closeCrowded:
		return "you have too many connections: close one"
	case closeUnchecked:
		return "sessions cannot be checked right now"
	}
	return "closed"
}

// label is the code as a metric's label: of a closed set, although clients may
// close with any code of theirs.
func (c closeCode) label() string {
	if c != closeNormal && c.reason() == closeNormal.reason() {
		return "other"
	}
	return strconv.Itoa(int(c))
}

// hasBye reports whether a bye frame goes before the close. What broke the
// framing, or was closed by the client itself, gets the close frame alone.
func (c closeCode) hasBye() bool { return c >= closeFlood && c != closeTooBig }

// resetReason says why a position could not be honoured, on every transport.
type resetReason string

const (
	resetIncarnation resetReason = "incarnation" // it belongs to another life of the log
	resetTooOld      resetReason = "too_old"     // the log no longer holds what follows it, or too much follows it
	resetFuture      resetReason = "future"      // the log has not got that far
	resetMembership  resetReason = "membership"  // it lies before the moment the user came (back) into the room
	resetHole        resetReason = "hole"        // the log could not fill a gap
)

// Why no more events of a room come.
const (
	endAsked = "asked" // the client unsubscribed
	endLeft  = "left"  // the user left the room, on whatever device
)

// Names of SSE events. Nothing else is ever written into an event: field.
const (
	sseNotification = "notification" // the user must be told of something
	sseRead         = "read"         // some device has seen notifications
	sseLevel        = "level"        // some device has chosen what to be told of a room
	sseReset        = "reset"        // the position cannot be honoured: read the list again
	sseBye          = "bye"          // the stream ends; its data says why
)

// subprotocol is the one that a WebSocket client must ask for.
const subprotocol = "natter.v1.json"

// byeOf is the last frame of a socket, and the last event of a stream.
func byeOf(code closeCode, reconnectAfter time.Duration, why string) byeFrame {
	return byeFrame{Op: sseBye, Code: code, Reason: code.reason(), Why: why, ReconnectAfter: reconnectAfter.Milliseconds()}
}

// whyEnded returns the reason for a session's end if clients know it, else "".
func whyEnded(reason string) string {
	switch reason {
	case events.ReasonLogout, events.ReasonEnded, events.ReasonPassword, events.ReasonTooMany, events.ReasonReuse, events.ReasonDisabled:
		return reason
	}
	return ""
}
