package edge

import (
	"fmt"
	"runtime"
	"testing"
)

// An idle connection may cost 14 KB of an edge's memory. The race detector's own
// share counts here, too.
func TestAnIdleConnectionIsCheap(t *testing.T) {
	const count, most = 1000, 14 << 10
	w := newLoneWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.MaxConnections = 2 * count })
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	open := func(n int) {
		for range n {
			b := one.upgrades(t)
			fmt.Fprintf(b, "%s", masked(0x81, fmt.Sprintf(`{"op":"auth","token":%q}`, ada.token)))
			fmt.Fprintf(b, "%s", masked(0x81, fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":%q}]}`, room)))
			for range 2 { // welcome, subscribed
				if _, _, err := b.frame(); err != nil {
					t.Fatal(err)
				}
			}
			b.in = nil // the client's own cost is not meant
		}
	}
	open(50)
	before := living()
	open(count)
	each := (living() - before) / count
	t.Logf("%d bytes for each of %d connections: %d stack, %d heap", each, count, stacks()/count, each-stacks()/count)
	if each > most {
		t.Errorf("a connection costs %d bytes that live, more than %d", each, most)
	}
}

// living is what heap and stacks hold after a collection. Stacks shrink by
// half with each.
func living() int64 {
	for range 5 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func stacks() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.StackInuse)
}
