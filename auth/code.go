package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"

	"github.com/google/uuid"
)

// codeDigits is the length of a mailed code.
const codeDigits = 8

// codeCount is how many codes there are, each as likely as the others.
var codeCount = big.NewInt(100_000_000)

// NewFlow returns the id of what somebody does with a mailed code. It cannot be
// guessed: only who started the flow may try codes.
func NewFlow() string { return uuid.Must(uuid.NewRandom()).String() }

// NewCode returns the digits of a code to be mailed.
func NewCode() string {
	n, err := rand.Int(rand.Reader, codeCount)
	if err != nil {
		panic(err) // crypto/rand ends the process itself rather than fail
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// HashCode returns the form in which a flow's code is stored. It is keyed by the
// operator's secret: without it, eight digits would be guessed from a hash at
// once.
func (k *Keys) HashCode(flow, code string) []byte { return codeSum(k.codes[0], flow, code) }

// CheckCode reports whether hash is that of the flow's code, under any of the
// secrets. How long it takes says nothing about the hash.
func (k *Keys) CheckCode(flow, code string, hash []byte) bool {
	return slices.ContainsFunc(k.codes, func(key []byte) bool { return hmac.Equal(hash, codeSum(key, flow, code)) })
}

func codeSum(key []byte, flow, code string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(flow))
	h.Write([]byte{0})
	h.Write([]byte(code))
	return h.Sum(nil)
}
