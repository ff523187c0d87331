package sql

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// nameKey returns the form in which names are compared: compatibility forms
// (NFKC) and case are folded, so that neither "ADA" nor a full-width "ａｄａ" can
// be mistaken for "ada". It is computed here and not by the server, whose
// collation may know no case beyond ASCII.
func nameKey(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}

// emailKey returns the form in which addresses are compared. The part before the
// @ may by its standard tell upper from lower case (RFC 5321, section 2.4); no
// provider that people use does, and two accounts by case would be a trap.
func emailKey(email string) string {
	return nameKey(email)
}

// nameKeys returns the keys of those names that somebody can bear.
func nameKeys(names []string) []string {
	keys := make([]string, 0, len(names))
	for _, name := range names {
		if storable(name) {
			keys = append(keys, nameKey(name))
		}
	}
	return keys
}

// storable reports whether PostgreSQL accepts s as text. What it does not
// accept, nobody and nothing is called.
func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}
