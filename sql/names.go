package sql

import (
	"strings"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
)

// nameKey returns the form in which names are compared. It is computed here and
// not by the server, whose collation may know no case beyond ASCII.
func nameKey(name string) string { return chat.Fold(name) }

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
