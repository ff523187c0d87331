package chat

import "log/slog"

// Mail is a letter to one person, in plain text. No log shows what it says: it
// may hold a code.
type Mail struct {
	To      string `json:"to"` // has passed CheckEmail
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// LogValue keeps codes and addresses out of logs.
func (m Mail) LogValue() slog.Value { return slog.StringValue("a mail") }
