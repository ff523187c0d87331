package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxProfile is below the time that a role gives to one answer.
const maxProfile = 10 * time.Second

// Profile writes a CPU profile of each role's process into dir, for go tool
// pprof. It takes as long as d, 10 s at most.
func (t *Target) Profile(ctx context.Context, dir string, d time.Duration) error {
	if !t.Private() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	seconds := max(int(min(d, maxProfile).Seconds()), 1)
	group, ctx := errgroup.WithContext(ctx)
	for _, r := range slices.Concat(t.processes("edge"), t.processes("persister"), t.processes("notifier")) {
		group.Go(func() error {
			return fetch(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", r.Ops, seconds), filepath.Join(dir, r.Name+".prof"))
		})
	}
	return group.Wait()
}

func fetch(ctx context.Context, url, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, res.Status)
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, res.Body)
	return errors.Join(err, out.Close())
}

// Collect makes the private natter's edges collect their garbage, which taking
// a heap profile can be asked to do.
func (t *Target) Collect(ctx context.Context) error {
	if !t.Private() {
		return nil
	}
	for _, r := range t.processes("edge") {
		if err := fetch(ctx, r.Ops+"/debug/pprof/heap?gc=1", os.DevNull); err != nil {
			return fmt.Errorf("make %s collect its garbage: %w", r.Name, err)
		}
	}
	return nil
}
