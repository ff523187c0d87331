//go:build linux

package hasher

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
)

// BenchmarkOthersInAFlood is what a goroutine that needs nothing but to be
// scheduled feels of wrong passwords without a pause, by who hashes. Run it with
// -benchtime 3x: each takes 900 ms, and they come in turn.
func BenchmarkOthersInAFlood(b *testing.B) {
	half := auth.HalfOfTheCores()
	child := open(half, nil, time.Minute, self, Command)
	b.Cleanup(child.end)
	kinds := []struct {
		name   string
		hasher auth.Hasher
		felt   []time.Duration
		hashes int
	}{{name: "nobody"}, {name: "here", hasher: auth.Here{}}, {name: "child", hasher: child}}
	for b.Loop() {
		for i := range kinds {
			k := &kinds[i]
			felt, hashes := feel(b, k.hasher, half)
			k.felt, k.hashes = append(k.felt, felt...), k.hashes+hashes
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, k := range kinds {
		slices.Sort(k.felt)
		for name, at := range map[string]int{"_p50_ms": len(k.felt) / 2, "_p99_ms": len(k.felt) * 99 / 100} {
			b.ReportMetric(k.felt[at].Seconds()*1000, k.name+name)
		}
		b.ReportMetric(float64(k.hashes)/float64(b.N), k.name+"_hashes")
	}
}

// feel measures how long a new goroutine waits to run, each millisecond for 900.
func feel(b *testing.B, h auth.Hasher, n int) (felt []time.Duration, hashes int) {
	hash, _ := auth.Here{}.Hash(b.Context(), "correct horse")
	done := make(chan struct{})
	var flood sync.WaitGroup
	counts := make([]int, n)
	for i := range n {
		if h == nil {
			break
		}
		flood.Go(func() {
			for ; ; counts[i]++ {
				select {
				case <-done:
					return
				default:
					_, _ = h.Matches(b.Context(), "a wrong guess", hash)
				}
			}
		})
	}
	for next := time.Now(); len(felt) < 900; next = next.Add(time.Millisecond) {
		time.Sleep(time.Until(next))
		ran := make(chan time.Time)
		go func() { runtime.Gosched(); ran <- time.Now() }()
		felt = append(felt, (<-ran).Sub(next)) // from when it was due
	}
	close(done)
	flood.Wait()
	for _, c := range counts {
		hashes += c
	}
	return felt, hashes
}
