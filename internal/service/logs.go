package service

import (
	"io"
	"log/slog"
)

func newLogger(w io.Writer, c *Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Log}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
