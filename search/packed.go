package search

// Packed are the terms of a message as its row has them: each once, ascending,
// three bytes each. Of a message that was deleted they are none.
type Packed []byte

// packedSize is how many bytes a term takes.
const packedSize = TermBits / 8

// Pack returns the terms, which Terms has put in order.
func Pack(terms []Term) Packed {
	p := make(Packed, 0, packedSize*len(terms))
	for _, t := range terms {
		p = append(p, byte(t>>16), byte(t>>8), byte(t))
	}
	return p
}

// Len is how many terms there are.
func (p Packed) Len() int { return len(p) / packedSize }

// At returns one of them.
func (p Packed) At(i int) Term {
	b := p[packedSize*i:][:packedSize]
	return Term(b[0])<<16 | Term(b[1])<<8 | Term(b[2])
}

// HasAll reports whether all of the terms, in ascending order, are among them.
func (p Packed) HasAll(terms []Term) bool {
	i, n := 0, p.Len()
	for _, t := range terms {
		for i < n && p.At(i) < t {
			i++
		}
		if i == n || p.At(i) != t {
			return false
		}
	}
	return true
}
