package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/natter-chat/natter/test/cluster"
	"github.com/natter-chat/natter/test/fault/laws"
)

// run is one campaign under way.
type run struct {
	*cluster.Cluster
	ctx    context.Context
	o      options
	dice   *dice
	town   *town
	report *report
	say    func(format string, args ...any)
}

// campaign makes one from start to verdict. An error means that it could not
// be made.
func campaign(ctx context.Context, o options, progress io.Writer) (r *report, err error) {
	began := time.Now()
	r = newReport(o)
	k := &run{ctx: ctx, o: o, dice: newDice(o.seed), report: r}
	k.say = func(format string, args ...any) {
		fmt.Fprintf(progress, "%6.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	k.say("seed %d", o.seed)
	dir, done, err := folder(o)
	if err != nil {
		return nil, err
	}
	defer done()
	k.say("starting %d NATS servers, PostgreSQL, %d edges, %d persisters, %d notifiers in %s", o.nats, o.edges, o.persisters, o.notifiers, dir)
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, err
	}
	binaries := cluster.NewBinaries(bin, cluster.Commands[:]...)
	binaries.Plain = true
	k.Cluster, err = cluster.Start(cluster.Options{Dir: dir, Binaries: binaries, Edges: o.edges, Persisters: o.persisters, Notifiers: o.notifiers,
		NATSServers: o.nats, Network: o.network, Proxies: true})
	if err != nil {
		return nil, err
	}
	defer func() {
		if wrong := k.Cluster.Close(); wrong != nil && r != nil {
			k.breaks("end", wrong.Error())
			r.conclude()
		}
	}()
	if err := k.live(); err != nil {
		return nil, errors.Join(err, errors.New(k.Logs(20)))
	}
	r.Duration = time.Since(began).Seconds()
	r.conclude()
	return r, nil
}

// folder is where the cluster lives; PostgreSQL's account may enter it.
func folder(o options) (dir string, done func(), err error) {
	if o.keep != "" {
		return o.keep, func() {}, errors.Join(os.MkdirAll(o.keep, 0o711), os.Chmod(o.keep, 0o711))
	}
	dir, err = os.MkdirTemp("", "natter-fault-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	return dir, func() { os.RemoveAll(dir) }, err
}

// live is the campaign between the start of the cluster and its end.
func (k *run) live() error {
	before, err := k.atRest(nil)
	if err != nil {
		return err
	}
	h, err := newHistory(k.o.history)
	if err != nil {
		return err
	}
	settling, cancel := context.WithTimeout(k.ctx, 2*time.Minute)
	defer cancel()
	if k.town, err = newTown(settling, k.Cluster, h, k.o); err != nil {
		return err
	}
	left := false
	defer func() {
		if !left {
			k.town.leave()
		}
	}()
	k.town.running.Go(k.sample)
	if err := k.town.recovered(k.ctx, k.Cluster); err != nil {
		return fmt.Errorf("before any fault: %w", err)
	}
	if err := k.town.awaitQuitter(settling); err != nil {
		return err
	}
	if err := k.storm(); err != nil {
		return err
	}
	k.say("the storm is over; %d posts were acknowledged", k.town.acked())
	e, err := k.evidence()
	if err != nil {
		return err
	}
	k.crashed()
	left = true
	k.town.leave()
	k.say("people have left")
	e.Before = before
	if e.After, err = k.atRest(before); err != nil {
		return err
	}
	if e.Rebuilt, err = k.rebuild(); err != nil {
		return err
	}
	e.History = k.town.all() // with the last that they saw
	k.report.Violations = append(k.report.Violations, laws.Check(e)...)
	k.report.count(e, k.town)
	return k.town.close()
}

// breaks notes what is no affair of the checkers.
func (k *run) breaks(law, what string) {
	k.say("BROKEN %s: %s", law, strings.TrimSpace(what))
	k.report.Violations = append(k.report.Violations, laws.Violation{Law: law, What: what})
}
