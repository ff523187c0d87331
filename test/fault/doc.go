// Command fault breaks a private natter on purpose and looks whether it kept
// its laws.
//
//	go run ./test/fault -seed 7 -faults 30 -json -history /tmp/history.jsonl
//
// It starts a cluster of real processes (package cluster), lets people talk
// (package client) and writes down what they tried and saw, injects faults one
// after the other, heals, waits, and gives the history, the log and the tables
// to the checkers of package laws. README.md says what each fault does and what
// each checker proves.
package main
