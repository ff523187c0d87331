package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/natter-chat/natter/test/fault/laws"
)

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
		if b != nil { // it did something before it failed
			k.heal(f, b)
		}
		return k.back(f, time.Now(), false)
	}
	k.town.add(laws.Record{Client: "fault", Op: laws.Fault, Start: start, Outcome: laws.OK, Note: f.name + ": " + b.hit})
	k.town.running.Go(k.town.quit)
	from := struck
	alive := !f.early || k.back(f, struck, true)
	held := k.dice.between(f.hold[0], f.hold[1])
	_ = pause(k.ctx, held)
	during := k.town.acked() - acked
	if !f.early && b.heal != nil {
		from = time.Now()
	}
	if !k.heal(f, b) {
		return k.back(f, time.Now(), false) && alive
	}
	k.town.add(laws.Record{Client: "fault", Op: laws.Heal, Start: k.town.now(), Outcome: laws.OK, Note: f.name + ": " + b.hit})
	if b.hit == "" {
		k.report.missed(f)
	} else {
		k.report.hit(f)
	}
	ok := k.back(f, from, !f.early) && alive
	k.say("%3d %s: %s; %d acked meanwhile; recovered in %.1f s", number, f.name, orMissed(b.hit), during, k.report.last)
	return ok
}

func orMissed(hit string) string {
	if hit == "" {
		return "MISSED"
	}
	return hit
}

// heal ends a fault. What has ended meanwhile, and cannot be healed, is started
// again all the same.
func (k *run) heal(f fault, b *blow) bool {
	if b.heal == nil {
		return true
	}
	if err := b.heal(b); err != nil {
		k.breaks("recovery", fmt.Sprintf("%s could not be healed: %v", f.name, err))
		return false
	}
	return true
}

// back waits until natter works again, and notes how long that took where it
// counts. A process that gave up during the fault, or while natter recovered,
// is noted.
func (k *run) back(f fault, since time.Time, counts bool) bool {
	if !f.early || !counts { // else what was struck is still down
		k.crashed()
		defer k.crashed()
	}
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
