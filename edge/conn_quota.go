package edge

import "time"

const (
	// quotaWindow is how many seconds of frames may come in a burst.
	quotaWindow = 8
	// maxBadFrames is how many frames of one window may be nonsense.
	maxBadFrames = 16
	// floodPause is how long a client that flooded should stay away.
	floodPause = 10 * time.Second
	// crowdedPause is how long somebody with too many connections should wait
	// for another of theirs to end.
	crowdedPause = 30 * time.Second
)

// quota counts in windows of quotaWindow seconds of the hub's clock.
type quota struct {
	window int64
	count  int32
}

// take counts one and reports whether most has not been exceeded; 0: no bound.
func (q *quota) take(clock int64, most int) bool {
	if w := clock / quotaWindow; w != q.window {
		q.window, q.count = w, 0
	}
	q.count++
	return most <= 0 || int(q.count) <= most
}
