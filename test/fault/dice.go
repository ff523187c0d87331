package main

import (
	"math/rand/v2"
	"sync"
	"time"
)

// dice are random numbers that follow from a seed and may be drawn by several
// goroutines.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newDice(seed uint64) *dice { return &dice{rng: rand.New(rand.NewPCG(seed, 0x6e6174746572))} }

func (d *dice) IntN(n int) int       { d.mu.Lock(); defer d.mu.Unlock(); return d.rng.IntN(n) }
func (d *dice) Int64N(n int64) int64 { d.mu.Lock(); defer d.mu.Unlock(); return d.rng.Int64N(n) }
func (d *dice) Uint64() uint64       { d.mu.Lock(); defer d.mu.Unlock(); return d.rng.Uint64() }

// between returns a duration of at least from and less than to.
func (d *dice) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(d.Int64N(int64(to-from)))
}

// one returns one of several.
func one[T any](d *dice, of []T) T { return of[d.IntN(len(of))] }
