package laws

import "time"

// RevokedWithin is how long, under a fault, a session may still act after its
// logout was answered.
const RevokedWithin = 15 * time.Second

// revoked: I9. What had begun before the logout's answer is judged by when it
// began; a connection by when it ended or last delivered.
func revoked(e *Evidence) (found []Violation) {
	ended := map[string]Record{}
	for _, r := range e.of(Logout) {
		if r.Outcome == OK {
			ended[r.Session] = r
		}
	}
	closed := map[string]bool{}
	conns := map[string]Record{} // by connection, of sessions
	for _, r := range e.of(Use, Closed, See, Ring) {
		out, over := ended[r.Session]
		if r.Session == "" || !over {
			continue
		}
		late := r.Start > out.End+RevokedWithin.Microseconds()
		switch {
		case r.Op == Use && r.Outcome == OK && late:
			found = append(found, violation("a session that had ended could still act", out, r))
		case r.Op == Closed && late:
			found = append(found, violation("a connection outlived its session", out, r))
		case (r.Op == See || r.Op == Ring) && late:
			found = append(found, violation("something was delivered to a session that had ended", out, r))
		}
		if r.Op == Closed {
			closed[r.Conn] = true
		} else if r.Conn != "" {
			conns[r.Conn] = r
		}
	}
	for _, conn := range sorted(conns) {
		if r := conns[conn]; !closed[conn] {
			found = append(found, violation("a connection never ended after its session", ended[r.Session], r))
		}
	}
	return found
}

// RevokedAfter returns, for each logout, how long the session could still act.
func RevokedAfter(e *Evidence) (took []time.Duration) {
	last := map[string]time.Duration{}
	for _, r := range e.of(Logout) {
		if r.Outcome == OK {
			last[r.Session] = 0
			for _, u := range e.History {
				if u.Session == r.Session && (u.Op == Closed || u.Op == Use && u.Outcome == OK) {
					last[r.Session] = max(last[r.Session], time.Duration(u.Start-r.End)*time.Microsecond)
				}
			}
		}
	}
	for _, session := range sorted(last) {
		took = append(took, last[session])
	}
	return took
}
