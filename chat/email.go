package chat

import (
	"net/mail"
	"strings"
)

// MaxEmail is the longest address that a mail can go to (RFC 5321, section
// 4.5.3.1.3, less the angle brackets).
const MaxEmail = 254

// CheckEmail reports whether address can be somebody's: a plain
// name@host.domain in ASCII. What the standards allow besides (quotes,
// comments, display names, literal hosts) nobody uses, and each has been used
// to make a mail go elsewhere than it seemed to. Letters beyond ASCII are
// refused because some of them fold to others: two people's addresses could be
// compared as one.
func CheckEmail(address string) error {
	bad := &Error{Code: BadEmail, Field: "email", Detail: "This is no e-mail address: it has the form name@example.org."}
	if len(address) > MaxEmail {
		return bad
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return bad
	}
	at := strings.LastIndexByte(address, '@')
	local, host := address[:at], address[at+1:]
	if len(local) > 64 || !onlyOf(local, ".!#$%&'*+-/=?^_`{|}~") || !isHost(host) {
		return bad
	}
	return nil
}

// isHost reports whether host is a domain name of letters, digits and hyphens
// (RFC 1123, section 2.1), of at least two parts.
func isHost(host string) bool {
	parts := strings.Split(host, ".")
	for _, part := range parts {
		if part == "" || len(part) > 63 || !onlyOf(part, "-") || strings.HasPrefix(part, "-") || strings.HasSuffix(part, "-") {
			return false
		}
	}
	return len(parts) > 1
}

// onlyOf reports whether s has nothing but ASCII letters, digits and others.
func onlyOf(s, others string) bool {
	for _, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}
