package service

import (
	"log/slog"
	"net/url"
	"strings"
)

const redacted = "***"

// Secret is a value that no log shows. Convert it to string where it is used.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URL is one address, or several with commas between them, that may carry
// credentials. Convert it to string where it is used.
type URL string

// String is the address without credentials. A text that is no URL, such as a
// PostgreSQL keyword string, is not shown at all.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	parts := strings.Split(string(u), ",")
	for i, part := range parts {
		parts[i] = withoutCredentials(part)
	}
	return strings.Join(parts, ",")
}

// LogValue keeps the credentials out of logs.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

func withoutCredentials(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" && u.Path == "" || u.Scheme == "" {
		return redacted
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		shown.User = url.User(redacted)
	}
	text, err := url.PathUnescape(shown.String())
	if err != nil {
		return redacted
	}
	return text
}
