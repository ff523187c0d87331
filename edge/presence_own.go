package edge

import (
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
)

// devices are one person's sockets on this edge.
type devices struct{ here, away int32 }

// standing is the best of them: a person counts once.
func (d *devices) standing() chat.Standing {
	switch {
	case d == nil || d.here+d.away == 0:
		return chat.Offline
	case d.here > 0:
		return chat.Here
	default:
		return chat.Away
	}
}

// enter counts a socket of the user's, who is here.
func (p *presence) enter(user string) { p.device(user, 1, 0) }

// exit uncounts it.
func (p *presence) exit(user string, away bool) {
	if away {
		p.device(user, 0, -1)
		return
	}
	p.device(user, -1, 0)
}

// shift is told that nobody looks at a socket's page any more, or again.
func (p *presence) shift(user string, away bool) {
	if away {
		p.device(user, -1, 1)
		return
	}
	p.device(user, 1, -1)
}

func (p *presence) device(user string, here, away int32) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.own[user]
	if d == nil {
		d = &devices{}
		p.own[user] = d
	}
	d.here, d.away = d.here+here, d.away+away
	at := time.Now()
	if d.standing() == chat.Offline {
		delete(p.own, user)
		at = at.Add(p.linger)
	}
	p.due[user] = at
}

// speak says what has changed here since the last time, and applies it here,
// too: an edge's own people come and go the same way as the others'.
func (p *presence) speak(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := presenceWord{}
	for user, at := range p.due {
		if at.After(now) {
			continue
		}
		delete(p.due, user)
		if is := p.own[user].standing(); is != p.self.people[user].standing() {
			w.add(user, is)
		}
	}
	for _, part := range w.parts() {
		p.self.n++
		part.N = p.self.n
		p.apply(p.self, part, now)
		p.say(part, now)
		for _, user := range part.Gone {
			p.notice(user, now)
		}
	}
	if p.base != nil && now.Sub(p.beat) >= beatEvery {
		p.say(presenceWord{N: p.self.n, Hello: p.greeted.IsZero()}, now)
	}
}

// leave is the last word: whoever was connected here is on their way elsewhere.
func (p *presence) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.say(presenceWord{N: p.self.n, Bye: true}, now)
	for user := range p.self.people {
		p.notice(user, now)
	}
}

// wordPeople bounds the people in one word: 80 KB.
const wordPeople = 2000

// parts cuts a word into some that are not too long; none if it is empty.
func (w presenceWord) parts() (parts []presenceWord) {
	for c := range slices.Chunk(w.Here, wordPeople) {
		parts = append(parts, presenceWord{Here: c})
	}
	for c := range slices.Chunk(w.Away, wordPeople) {
		parts = append(parts, presenceWord{Away: c})
	}
	for c := range slices.Chunk(w.Gone, wordPeople) {
		parts = append(parts, presenceWord{Gone: c})
	}
	if w.size() > 0 && w.size() <= wordPeople {
		return []presenceWord{w}
	}
	return parts
}
