package events

import (
	"bytes"
	"unicode/utf8"
)

// canonical reads a message.posted, which is valid UTF-8, in exactly the form that Encode gives it,
// which is what nearly every entry of the log is: members in order, nothing
// between them, no escapes but in the texts. ok is false for anything else,
// which Decode then reads in full; what it accepts means the same to both. It
// costs a tenth: a profile of rooms under load showed a third of each
// role's time in the general decoder.
func canonical(body []byte) (e Event, ok bool) {
	c := cursor{rest: body}
	if !c.skip(`{"type":"message.posted","id":"`) {
		return e, false
	}
	id := c.id()
	c.expect(`","scope":"`)
	scope := c.id()
	c.expect(`","actor":{"id":"`)
	actor := c.id()
	c.expect(`","name":"`)
	name := c.plain()
	c.expect(`"},"time":"`)
	at := c.plain()
	c.expect(`","v":1,"data":`)
	data := bytes.TrimSuffix(c.rest, []byte("}"))
	c.posted()
	c.expect(`}`)
	if c.bad || len(c.rest) > 0 {
		return e, false
	}
	e = Event{Type: MessagePosted, ID: string(id), Scope: string(scope), Actor: Person{string(actor), string(name)}, Version: 1, Data: data}
	if e.Time.UnmarshalText(at) != nil || e.Time.IsZero() {
		return Event{}, false
	}
	return e, true
}

// TextOf returns the text of a message.posted, which is all of its data that
// search reads. DataOf gives the same, and all the rest.
func TextOf(e Event) (string, error) {
	c := cursor{rest: e.Data}
	text := c.posted()
	if !c.bad && len(c.rest) == 0 && bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return string(text), nil
	}
	data, err := DataOf[MessagePostedData](e)
	return data.Text, err
}

// NamesNobody reports whether the data of a message.posted is sure to mention
// nobody and to be of no direct room, as most are. If it is not, DataOf tells.
func NamesNobody(data []byte) bool {
	c := cursor{rest: data}
	c.expect(`{"key":"`)
	c.text()
	c.expect(`","text":"`)
	c.text()
	c.expect(`"`)
	if c.skip(`,"room_name":"`) {
		c.text()
		c.expect(`"`)
	}
	c.expect(`}`)
	return !c.bad && len(c.rest) == 0
}

// posted reads a MessagePostedData and returns its text, as it is written.
func (c *cursor) posted() (text []byte) {
	c.expect(`{"key":"`)
	c.text()
	c.expect(`","text":"`)
	all := c.rest
	c.text()
	text = all[:len(all)-len(c.rest)]
	c.expect(`"`)
	if c.skip(`,"mentions":[`) {
		c.person()
		for c.skip(`,`) {
			c.person()
		}
		c.expect(`]`)
	}
	if c.skip(`,"direct":`) {
		c.person()
	}
	if c.skip(`,"room_name":"`) {
		c.text()
		c.expect(`"`)
	}
	c.expect(`}`)
	return text
}

func (c *cursor) person() {
	c.expect(`{"id":"`)
	c.id()
	c.expect(`","name":"`)
	c.text()
	c.expect(`"}`)
}

// cursor reads from the front of rest. After a mismatch it is bad for good.
type cursor struct {
	rest []byte
	bad  bool
}

// skip steps over what, if it is next.
func (c *cursor) skip(what string) bool {
	if len(c.rest) < len(what) || string(c.rest[:len(what)]) != what {
		return false
	}
	c.rest = c.rest[len(what):]
	return true
}

func (c *cursor) expect(what string) {
	if !c.skip(what) {
		c.bad = true
	}
}

// id steps over a UUID.
func (c *cursor) id() []byte {
	const length = 36
	if len(c.rest) < length || !IsID(string(c.rest[:length])) {
		c.bad = true
		return nil
	}
	id := c.rest[:length]
	c.rest = c.rest[length:]
	return id
}

// plain steps to the end of a string without escapes.
func (c *cursor) plain() []byte {
	all := c.rest
	c.text()
	s := all[:len(all)-len(c.rest)]
	c.bad = c.bad || bytes.IndexByte(s, '\\') >= 0
	return s
}

// text steps to the end of any string that JSON allows (RFC 8259, section 7)
// and that holds no NUL.
func (c *cursor) text() {
	for i := 0; i < len(c.rest); i++ {
		switch b := c.rest[i]; {
		case b >= 0x20 && b != '"' && b != '\\':
		case b == '"':
			c.rest = c.rest[i:]
			return
		case b < 0x20 || i+1 == len(c.rest):
			c.bad = true
			return
		case c.rest[i+1] == 'u':
			if len(c.rest) < i+6 || !isHex(c.rest[i+2:i+6]) || string(c.rest[i+2:i+6]) == "0000" {
				c.bad = true
				return
			}
			i += 5
		case bytes.IndexByte([]byte(`"\/bfnrt`), c.rest[i+1]) >= 0:
			i++
		default:
			c.bad = true
			return
		}
	}
	c.bad = true
}

func isHex(digits []byte) bool {
	for _, d := range digits {
		if (d < '0' || d > '9') && (d < 'a' || d > 'f') && (d < 'A' || d > 'F') {
			return false
		}
	}
	return true
}
