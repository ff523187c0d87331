package service

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A collection costs time in proportion to what lives, and comes when the heap
// has grown by a percentage of that. With a few megabytes alive, as in most
// roles, the default of 100 % means dozens of collections a second under load:
// 10 to 15 % of a role's time. So the heap may always grow by spareHeap.
const (
	spareHeap   = 48 << 20 // bytes
	mostPercent = 800
	tuneEvery   = time.Second
)

// tuneHeap keeps the collector's percentage in step with the live heap until
// ctx ends. An operator's GOGC stays as it is.
func tuneHeap(ctx context.Context) {
	if chosen := debug.SetGCPercent(100); chosen != 100 {
		debug.SetGCPercent(chosen)
		return
	}
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	for set := 100; ; {
		if percent := heapPercent(liveHeap()); percent != set {
			debug.SetGCPercent(percent)
			set = percent
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// heapPercent is GOGC for so many live bytes.
func heapPercent(live uint64) int {
	return int(min(max(100, spareHeap*100/max(live, 1)), mostPercent))
}

// liveHeap is what the last collection left.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
