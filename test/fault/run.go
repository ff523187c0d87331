package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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
	if err := k.storm(); err != nil {
		return err
	}
	k.say("the storm is over; %d posts were acknowledged", k.town.acked())
	e, err := k.evidence()
	if err != nil {
		return err
	}
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

// calm is how long people talk in peace between two faults.
const calm = 2 * time.Second

// storm strikes fault after fault.
func (k *run) storm() error {
	kinds, err := k.o.kinds()
	if err != nil {
		return err
	}
	kinds = slices.DeleteFunc(kinds, func(f fault) bool { return f.three && k.o.nats < 3 })
	if len(kinds) == 0 {
		return errors.New("no fault is possible here")
	}
	// Each kind comes once before any comes again.
	var bag []fault
	for i := range k.o.faults {
		if err := k.ctx.Err(); err != nil {
			return err
		}
		if len(bag) == 0 {
			bag = slices.Clone(kinds)
			if len(k.o.only) == 0 {
				for j := range bag {
					l := j + k.dice.IntN(len(bag)-j)
					bag[j], bag[l] = bag[l], bag[j]
				}
			}
		}
		f := bag[0]
		bag = bag[1:]
		if !k.one(i+1, f) {
			return k.ctx.Err() // what is broken for good proves nothing more
		}
		_ = pause(k.ctx, k.dice.between(calm/2, calm))
	}
	return nil
}

// one strikes one fault, heals it and waits for the recovery. It returns false
// if natter does not come back.
func (k *run) one(number int, f fault) bool {
	acked, start := k.town.acked(), k.town.now()
	struck := time.Now()
	b, err := f.strike(k)
	if err != nil {
		k.say("%3d %s could not be struck: %v", number, f.name, err)
		k.report.missed(f)
		return k.back(f, time.Now(), false)
	}
	k.town.add(laws.Record{Client: "fault", Op: laws.Fault, Start: start, Outcome: laws.OK, Note: f.name + ": " + b.hit})
	k.town.running.Go(k.town.quit)
	from := struck
	if f.early && !k.back(f, struck, true) {
		return false
	}
	held := k.dice.between(f.hold[0], f.hold[1])
	_ = pause(k.ctx, held)
	during := k.town.acked() - acked
	if !f.early && b.heal != nil {
		from = time.Now()
	}
	if b.heal != nil {
		if err := b.heal(b); err != nil {
			k.breaks("recovery", fmt.Sprintf("%s could not be healed: %v", f.name, err))
			k.crashed()
			return k.back(f, time.Now(), false)
		}
	}
	k.town.add(laws.Record{Client: "fault", Op: laws.Heal, Start: k.town.now(), Outcome: laws.OK, Note: f.name + ": " + b.hit})
	if b.hit == "" {
		k.report.missed(f)
	} else {
		k.report.hit(f)
	}
	k.crashed()
	ok := k.back(f, from, !f.early)
	k.say("%3d %s: %s; %d acked meanwhile; recovered in %.1f s", number, f.name, orMissed(b.hit), during, k.report.last)
	return ok
}

func orMissed(hit string) string {
	if hit == "" {
		return "MISSED"
	}
	return hit
}

// back waits until natter works again, and notes how long that took where it
// counts.
func (k *run) back(f fault, since time.Time, counts bool) bool {
	err := k.town.recovered(k.ctx, k.Cluster)
	if err != nil {
		if k.ctx.Err() == nil {
			k.breaks("recovery", fmt.Sprintf("after %s natter did not come back within %s: %v", f.name, recoverWithin, err))
			k.say("%s", k.Logs(15))
		}
		return false
	}
	if counts {
		k.report.recovered(f, time.Since(since))
	}
	return true
}

// crashed notes processes that ended although nobody ended them.
func (k *run) crashed() {
	for name, p := range k.all() {
		if !p.Running() {
			k.breaks("crash", name+" has ended by itself")
			if err := p.Restart(); err != nil {
				k.breaks("crash", err.Error())
			}
		}
	}
}

// all returns natter's own processes and NATS by name.
func (k *run) all() map[string]process {
	all := map[string]process{}
	for _, n := range k.NATSServers {
		all[n.Name] = n
	}
	for _, e := range k.Edges {
		all[e.Name] = e
	}
	for _, r := range slices.Concat(k.Persisters, k.Notifiers) {
		all[r.Name] = r
	}
	return all
}

// breaks notes what is no affair of the checkers.
func (k *run) breaks(law, what string) {
	k.say("BROKEN %s: %s", law, strings.TrimSpace(what))
	k.report.Violations = append(k.report.Violations, laws.Violation{Law: law, What: what})
}
