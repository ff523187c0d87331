// Package hasher computes password hashes in child processes of the lowest rank,
// so that the kernel gives everybody else the processor first: whoever waits for
// a log-in waits longer in a flood, nobody else does (docs/performance.md).
//
// A child is this program again, started with Command as its only argument; a
// main asks IsChild before all else and becomes Child. Questions and answers are
// lines of JSON on its standard input and output, one at a time. A password is
// never in an argument, in the environment or in a log. A child gets an almost
// empty environment and ends when its input does, which is when its parent ends,
// however that ends.
//
// Open starts nothing: a child is started for the first password and again after
// it died, with a growing pause. Meanwhile, and on other systems than Linux, the
// process computes by itself. A child computes one hash at a time, in 19 MiB that
// it gives back when nobody logs in for a while.
package hasher
