package chat

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which names and addresses are compared: compatibility
// forms (NFKC) and case are folded, so that neither "ADA" nor a full-width "ａｄａ"
// can be mistaken for "ada".
func Fold(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}
