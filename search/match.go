package search

import "strings"

// Matches reports whether the query finds the text.
func (q Query) Matches(text string) bool {
	in := runs(text)
	for _, w := range q.words {
		if !w.foundIn(in) {
			return false
		}
	}
	for _, phrase := range q.phrases {
		if !follows(phrase, in) {
			return false
		}
	}
	return true
}

// foundIn reports whether one of the runs has r.
func (r run) foundIn(in []run) bool {
	stemmed := ""
	if !r.unbound {
		stemmed = stem(r.text)
	}
	for _, candidate := range in {
		if candidate.unbound != r.unbound {
			continue
		}
		switch {
		case strings.HasPrefix(candidate.text, r.text),
			r.unbound && !r.begins() && strings.Contains(candidate.text, r.text),
			!r.unbound && strings.HasPrefix(candidate.text, stemmed) && stem(candidate.text) == stemmed:
			return true
		}
	}
	return false
}

// follows reports whether the phrase's runs follow one another somewhere.
func follows(phrase, in []run) bool {
	for start := range len(in) - len(phrase) + 1 {
		ok := true
		for i, want := range phrase {
			if ok = want.isPart(in[start+i], i == 0, i == len(phrase)-1); !ok {
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// isPart reports whether the run is at its place in a phrase: words whole,
// others up to where the phrase begins and ends.
func (r run) isPart(of run, first, last bool) bool {
	switch {
	case r.unbound != of.unbound:
		return false
	case !r.unbound || !first && !last:
		return r.text == of.text
	case first && last:
		return strings.Contains(of.text, r.text)
	case first:
		return strings.HasSuffix(of.text, r.text)
	default:
		return strings.HasPrefix(of.text, r.text)
	}
}
