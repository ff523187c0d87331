package search

import (
	"hash/fnv"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Term stands for a piece of a text, a room or a person in the index: a hash of
// TermBits, so that two may have the same.
type Term uint32

// TermBits is how many bits of a Term are used. A million messages have some
// hundred thousand different pieces; of those a query asks for, one in a hundred
// thousand messages has one by chance.
const TermBits = 22

// beginnings are how long the beginnings of words are that have a term, in
// characters. Others share that of the next shorter one: each costs room in the
// index and time when a message is added.
var beginnings = [...]int{1, 2, 3, 4, 6, 8}

// Kinds of terms, which keep them apart.
const (
	ofWord   = 'w' // the first characters of a word
	ofPair   = 'p' // two neighbours in a run without spaces
	ofSingle = 's' // one character
	ofRoom   = 'r'
	ofAuthor = 'a'
)

func term(kind byte, text string) Term {
	h := fnv.New32a()
	h.Write([]byte{kind})
	h.Write([]byte(text))
	sum := h.Sum32()
	return Term((sum ^ sum>>TermBits) & (1<<TermBits - 1))
}

// RoomTerm and AuthorTerm are the terms that all messages of a room and of a
// person have.
func RoomTerm(id string) Term   { return term(ofRoom, id) }
func AuthorTerm(id string) Term { return term(ofAuthor, id) }

// Terms returns the terms of a message, each once, in ascending order.
func Terms(room, author, text string) []Term {
	all := append(make([]Term, 0, 64), RoomTerm(room), AuthorTerm(author))
	for _, r := range runs(text) {
		if r.unbound {
			all = pairs(all, r.text, true)
			continue
		}
		for _, n := range beginnings {
			if beginning, whole := first(r.text, n); whole {
				all = append(all, term(ofWord, beginning))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pairs appends the terms of a run without spaces: of neighbours and, if they
// are wanted, of the single characters that are found.
func pairs(all []Term, text string, singles bool) []Term {
	before := -1 // where the character before begins
	for i, c := range text {
		end := i + utf8.RuneLen(c)
		if before >= 0 {
			all = append(all, term(ofPair, text[before:end]))
		}
		if singles && (before < 0 || unicode.Is(unicode.Han, c)) {
			all = append(all, term(ofSingle, text[i:end]))
		}
		before = i
	}
	return all
}

// first returns a word's first n characters; ok is false if it has fewer.
func first(word string, n int) (beginning string, ok bool) {
	for i := range word {
		if n == 0 {
			return word[:i], true
		}
		n--
	}
	return word, n == 0
}

// ofBeginning is the term of all words that begin so.
func ofBeginning(word string) Term {
	longest := word
	for _, n := range beginnings {
		if beginning, ok := first(word, n); ok {
			longest = beginning
		}
	}
	return term(ofWord, longest)
}
