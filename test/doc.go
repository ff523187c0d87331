// Package test holds the whole-system tests: real processes, a real NATS
// server, a real PostgreSQL, two edges and more. README.md says how they are
// organised, how to run one, and how each guard was shown to matter.
package test
