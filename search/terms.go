package search

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Term stands for a piece of a text or a person in the index: a hash of
// TermBits, so that two may have the same.
type Term uint32

// TermBits is how many bits of a Term are used. A message has some fifty of 17
// million terms, so that one in three hundred thousand has the one that a query
// asks for by chance.
const TermBits = 24

// beginnings are how long the beginnings of words are that have a term, in
// characters. Others share that of the next shorter one: each costs room in the
// index and time when a message is added.
var beginnings = [...]int{1, 2, 3, 4, 6, 8}

// Kinds of terms, which keep them apart.
const (
	ofWord   = 'w' // the first characters of a word
	ofPair   = 'p' // two neighbours in a run without spaces
	ofSingle = 's' // one character
	ofNext   = 'n' // two runs, one after the other
	ofAuthor = 'a'
)

// hash is what FNV-1a makes of a kind and a text, as far as it has come.
type hash uint32

func of(kind byte) hash { return (2166136261 ^ hash(kind)) * 16777619 }

func (h hash) with(text string) hash {
	for i := range len(text) {
		h = (h ^ hash(text[i])) * 16777619
	}
	return h
}

// term mixes what short texts leave alike, as MurmurHash3 ends: beginnings of one
// letter, which most messages have, would otherwise all be in one part.
func (h hash) term() Term {
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return Term((h ^ h>>16) >> (32 - TermBits))
}

// AuthorTerm is the term that all messages of a person have.
func AuthorTerm(id string) Term { return of(ofAuthor).with(id).term() }

// Terms returns the terms of a message, each once, in ascending order. There is
// at least one.
func Terms(author, text string) []Term {
	all := append(make([]Term, 0, 128), AuthorTerm(author)) // room for some 200 letters
	found := runs(text)
	for i, r := range found {
		if i > 0 {
			all = append(all, next(found[i-1], r))
		}
		if r.unbound {
			all = pairs(all, r.text, true)
			continue
		}
		all = ofBeginnings(all, r.text)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ofBeginnings appends the terms of a word's beginnings.
func ofBeginnings(all []Term, word string) []Term {
	h, had := of(ofWord), 0
	for _, n := range beginnings {
		more, ok := first(word, n-had)
		if !ok {
			break
		}
		h = h.with(more)
		all = append(all, h.term())
		word, had = word[len(more):], n
	}
	return all
}

// pairs appends the terms of a run without spaces: of neighbours and, if they
// are wanted, of the single characters that are found.
func pairs(all []Term, text string, singles bool) []Term {
	before := -1 // where the character before begins
	for i, c := range text {
		end := i + utf8.RuneLen(c)
		if before >= 0 {
			all = append(all, of(ofPair).with(text[before:end]).term())
		}
		if singles && (before < 0 || unicode.Is(unicode.Han, c)) {
			all = append(all, of(ofSingle).with(text[i:end]).term())
		}
		before = i
	}
	return all
}

// next is the term of one run after another: of whole words, or of what is
// certain of them in a phrase, the characters where they meet.
func next(one, other run) Term {
	if !one.unbound && !other.unbound {
		return of(ofNext).with(one.text).with(" ").with(other.text).term()
	}
	_, last := utf8.DecodeLastRuneInString(one.text)
	_, first := utf8.DecodeRuneInString(other.text)
	return of(ofNext).with(one.text[len(one.text)-last:]).with(" ").with(other.text[:first]).term()
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
	return of(ofWord).with(longest).term()
}
