package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

// coldStarts is how often a start from an existing folder is timed.
const coldStarts = 3

// Start runs natter as one process: the first time in an empty folder, then
// again in the same one, from programs that the disk's cache holds.
func Start(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	return start{rest: or(o.Duration, 10*time.Second), again: coldStarts}.run(ctx, t, o)
}

// start is the sizes of a Start.
type start struct {
	rest  time.Duration // before memory is looked at
	again int           // starts from the existing folder
}

func (s start) run(ctx context.Context, t *target.Target, o Options) (r *Result, err error) {
	o.Progress("building the commands")
	path, err := t.Binaries().Path("natter")
	if err != nil {
		return nil, err
	}
	r = newResult()
	for _, name := range []string{"edge", "persister", "notifier", "natter"} {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, err
		}
		r.more(map[string]float64{"binary_mb_" + name: round(float64(info.Size()) / (1 << 20))})
	}
	b := &box{path: path, data: filepath.Join(t.Dir(), "data")}
	defer b.stop() // whatever happens; what it says is heard below
	o.Progress("the first start, in an empty folder")
	first, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.stop(); err != nil {
		return nil, err
	}
	var again []float64
	for i := range s.again {
		o.Progress("start %d in the folder", i+2)
		took, err := b.start(ctx)
		if err != nil {
			return nil, err
		}
		again = append(again, took.Seconds())
		if i < s.again-1 {
			if err := b.stop(); err != nil {
				return nil, err
			}
		}
	}
	o.Progress("at rest for %s", s.rest)
	select {
	case <-time.After(s.rest): // the rest itself
	case <-ctx.Done():
	}
	memory := meter.Memory(meter.Roles{"natter": {b.cmd.Process.Pid}})
	if err := errors.Join(b.stop(), ctx.Err()); err != nil {
		return nil, err
	}
	slices.Sort(again)
	r.RSS = megabytes(memory)
	r.more(map[string]float64{"first_start_s": round(first.Seconds()), "cold_start_s": round(again[len(again)/2]),
		"cold_start_max_s": round(again[len(again)-1]), "idle_mb": r.RSS["natter"]})
	if r.RSS["natter"] == 0 {
		r.Errors[fmt.Sprintf("nothing known of the memory of process %d", b.cmd.Process.Pid)]++
	}
	return r, nil
}
