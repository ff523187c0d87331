// Package scenario holds the workloads of the load tool, a file each. A
// scenario prepares people and rooms on a target, drives them, waits until all
// that was acknowledged has arrived and is stored, and returns a Result, whose
// JSON keys are the tool's contract (bench/README.md).
package scenario
