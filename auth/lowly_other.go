//go:build !linux

package auth

// lowly runs work. There is no rank of a thread here.
func lowly(work func()) { work() }
