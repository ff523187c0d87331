package edge

import (
	"context"
	"math"
	"time"

	"github.com/natter-chat/natter/chat"
)

// auth checks a token: the first one opens the connection, a later one of the
// same session prolongs it.
func (c *conn) auth(f authFrame) error {
	ctx, cancel := context.WithTimeout(c.hub.base, lookupTime)
	defer cancel()
	who, err := c.hub.edge.authenticate(ctx, c.address, f.Token)
	first := c.expires.Load() == 0
	switch {
	case err == nil && !first && who.Session != c.who.Session:
		c.refuse(f.ID, "", chat.Errorf(chat.Conflict, "This token belongs to another session: open another connection for it."))
	case err == nil:
		c.welcome(f.ID, who)
	case first:
		c.refuse(f.ID, "", err)
		c.shut(refusal(err), 0)
	default: // the token that counts so far still does
		c.refuse(f.ID, "", err)
	}
	return nil
}

// refusal is the close code for credentials that were not accepted.
func refusal(err error) closeCode {
	if isCode(err, chat.Unauthenticated) {
		return closeRefused
	}
	return closeUnchecked
}

// welcome makes the connection who's. It registers first and checks second:
// a session that ends between the two is seen by one of them.
func (c *conn) welcome(id uint64, who chat.Principal) {
	if c.expires.Load() == 0 {
		if !c.hub.conns.enter(who.User.ID) {
			c.shut(closeCrowded, crowdedPause)
			return
		}
		c.who = who
		c.hub.edge.sessions.add(who.Session, c)
	}
	c.expires.Store(lastSecond(who))
	ctx, cancel := context.WithTimeout(c.hub.base, lookupTime)
	defer cancel()
	if err := c.hub.edge.sessions.check(ctx, who.Session); err != nil {
		code := closeUnchecked
		if isCode(err, chat.Unauthenticated) {
			code = closeSessionEnded
		}
		c.shut(code, 0)
		return
	}
	if !c.there {
		c.there = true
		c.hub.edge.presence.enter(who.User.ID)
	}
	c.send(encodeFrame(welcomeFrame{Op: "welcome", ID: id, User: who.User, Session: who.Session,
		Time: c.hub.edge.Now().UTC().Truncate(time.Millisecond), Expires: who.Expires.UTC(), Durability: c.hub.log.Durability()}))
}

// lastSecond returns the Unix time at which who's token ends.
func lastSecond(who chat.Principal) int64 {
	if who.Expires.IsZero() {
		return math.MaxInt64
	}
	return who.Expires.Unix()
}
