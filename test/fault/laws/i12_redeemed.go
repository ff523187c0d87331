package laws

// redeemed: I12. A token is stale when it had a successor of the successor, or
// one for longer than the grace; from the answer to its reuse on, nothing of
// the family can be redeemed.
func redeemed(e *Evidence) (found []Violation) {
	reused := map[string]Record{}
	for _, r := range e.of(Redeem) {
		if before, dead := reused[r.Session]; dead && r.Outcome == OK && r.Start > before.End {
			found = append(found, violation("a family outlived the reuse of an old token", before, r))
		}
		if r.Note != "stale" {
			continue
		}
		if r.Outcome == OK {
			found = append(found, violation("an old refresh token was redeemed", r))
		}
		if r.Outcome == Fail {
			reused[r.Session] = r
		}
	}
	return found
}
