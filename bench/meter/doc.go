// Package meter reads from /proc what processes have used: processor time and
// memory, by role. It works on Linux only; elsewhere its figures are absent.
package meter
