package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
)

// MaxQuery is how many characters a query has at most.
const MaxQuery = 200

// maxTerms is how many terms of a query the index is asked for; Matches looks
// after the rest.
const maxTerms = 12

// Query is what somebody looks for.
type Query struct {
	words   []run   // each somewhere
	phrases [][]run // each somewhere, run after run
}

// Parse reads a query; bad_request if there is nothing in it to look for.
func Parse(text string) (Query, error) {
	bad := &chat.Error{Code: chat.BadRequest, Field: "q"}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || utf8.RuneCountInString(text) > MaxQuery {
		bad.Detail = "Search for 1 to 200 characters of text."
		return Query{}, bad
	}
	var q Query
	for i, part := range strings.Split(quotes.Replace(chat.Fold(text)), `"`) {
		found := divide(part)
		switch {
		case i%2 == 0 || len(found) == 1 && found[0].begins():
			q.words = append(q.words, found...)
		case len(found) > 0:
			q.phrases = append(q.phrases, found)
		}
	}
	if len(q.words) == 0 && len(q.phrases) == 0 {
		bad.Detail = "Search for something that has a letter or a digit."
		return q, bad
	}
	return q, nil
}

var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`)

// Terms returns terms that every message has that the query finds. They are few.
func (q Query) Terms() []Term {
	var all []Term
	for _, w := range q.words {
		if w.unbound {
			all = append(all, w.characters()...)
		} else {
			all = append(all, ofBeginning(stem(w.text)))
		}
	}
	for _, phrase := range q.phrases {
		for i, w := range phrase {
			if i > 0 {
				all = append(all, next(phrase[i-1], w))
			}
			switch {
			case !w.unbound:
				all = append(all, ofBeginning(w.text))
			case i > 0 || !w.begins(): // where a phrase begins, a character may end a run
				all = append(all, w.characters()...)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTerms)]
}

// characters are the terms of whatever has the run, which is one without spaces.
func (r run) characters() []Term {
	if utf8.RuneCountInString(r.text) == 1 {
		return []Term{of(ofSingle).with(r.text).term()}
	}
	return pairs(nil, r.text, false)
}

// begins reports whether the run is one character that is only found at the
// beginning of another.
func (r run) begins() bool {
	c, size := utf8.DecodeRuneInString(r.text)
	return r.unbound && size == len(r.text) && !unicode.Is(unicode.Han, c)
}
