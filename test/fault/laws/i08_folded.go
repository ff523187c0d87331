package laws

// folded: I8. What differs after a rebuild was found by comparing row by row;
// rows that say another thing than their entries are I4's and I7's.
func folded(e *Evidence) (found []Violation) {
	for _, difference := range e.Rebuilt {
		found = append(found, violation(difference))
	}
	return found
}
