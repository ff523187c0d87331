package service

import "testing"

func TestAHeapMayGrowByItsSpareOrBySoMuchAsLives(t *testing.T) {
	for live, want := range map[uint64]int{0: 800, 1 << 20: 800, 12 << 20: 400, 24 << 20: 200, 48 << 20: 100, 1 << 30: 100} {
		if got := heapPercent(live); got != want {
			t.Errorf("%d bytes alive: GOGC %d, want %d", live, got, want)
		}
	}
	if liveHeap() > 1<<40 {
		t.Error("the runtime does not say how much lives")
	}
}
