package edge

import (
	"bytes"
	"sync"
)

// pools hold what connections use only while they are busy.
type pools struct{ batches, writes, reads, library sync.Pool }

// keptFrames is how large a batch may have grown to be used again.
const keptFrames = 1024

func (p *pools) init() {
	p.batches.New = func() any { return &batch{frames: make([][]byte, 0, 8)} }
	p.writes.New = func() any { return &writeBuffer{b: make([]byte, 0, writeSize)} }
	p.reads.New = func() any { return new(bytes.Buffer) }
}

func (h *hub) newBatch() *batch { return h.pools.batches.Get().(*batch) }

// freeBatch takes b back; it keeps no frame reachable.
func (h *hub) freeBatch(b *batch) {
	if cap(b.frames) > keptFrames {
		return
	}
	clear(b.frames)
	b.frames = b.frames[:0]
	h.pools.batches.Put(b)
}

func (h *hub) newBuffer() *writeBuffer { return h.pools.writes.Get().(*writeBuffer) }

func (h *hub) freeBuffer(b *writeBuffer) {
	b.b = b.b[:0]
	h.pools.writes.Put(b)
}

func (h *hub) newMessage() *bytes.Buffer { return h.pools.reads.Get().(*bytes.Buffer) }

func (h *hub) freeMessage(b *bytes.Buffer) {
	b.Reset()
	h.pools.reads.Put(b)
}
