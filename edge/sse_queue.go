package edge

import (
	"context"
	"encoding/json"
	"time"
)

// send queues a frame; a stream whose queue is full ends and resumes by its
// Last-Event-ID.
func (s *stream) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing != 0 {
		return
	}
	if s.queued > 0 && s.queued+len(frame) > sseQueue {
		s.hub.metrics.overflows.Inc()
		s.end(closeSlow, 0, "")
		return
	}
	s.queue = append(s.queue, frame)
	s.queued += len(frame)
	s.nudge()
}

// push is send: a stream's notifications are few (sink).
func (s *stream) push(frame []byte) { s.send(frame) }

// shut ends the stream with a bye, after what is queued.
func (s *stream) shut(code closeCode, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing == 0 {
		s.end(code, after, "")
	}
}

// endSession ends the stream at once (closer).
func (s *stream) endSession(code closeCode, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing == 0 {
		s.end(code, 0, why)
	}
}

// end is shut with the lock held. Who may have no more, or does not take it,
// gets the bye alone.
func (s *stream) end(code closeCode, after time.Duration, why string) {
	s.closing, s.after = code, after
	if code == closeSessionEnded || code == closeSlow {
		s.queue, s.queued = nil, 0
	}
	s.queue = append(s.queue, sseByeFrame(code, after, why))
	s.release()
	s.nudge()
}

// sseByeFrame is the last event of a stream. Its retry field is what
// EventSource obeys.
func sseByeFrame(code closeCode, after time.Duration, why string) []byte {
	data, err := json.Marshal(byeOf(code, after, why))
	if err != nil {
		panic("edge: encode bye: " + err.Error())
	}
	var frame []byte
	if after > 0 {
		frame = retry(after)
	}
	frame = append(frame, "event: "+sseBye+"\ndata: "...)
	return append(append(frame, data...), "\n\n"...)
}

// take returns what is queued, and whether it is the last.
func (s *stream) take() (frames [][]byte, end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	frames, s.queue = s.queue, nil
	return frames, s.closing != 0
}

// written notes that everything taken has been written.
func (s *stream) written() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = 0
	for _, frame := range s.queue {
		s.queued += len(frame)
	}
	if s.queued == 0 {
		s.release()
	}
}

// wait returns when all that was queued has been written (sink).
func (s *stream) wait(ctx context.Context) error {
	s.mu.Lock()
	if s.closing != 0 {
		s.mu.Unlock()
		return errDetached
	}
	if s.queued == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.drained == nil {
		s.drained = make(chan struct{})
	}
	drained := s.drained
	s.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// abandon refuses what comes after the writer has ended.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing == 0 {
		s.closing = closeBroken
	}
	s.release()
}

// release ends every wait. The lock is held.
func (s *stream) release() {
	if s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}

// nudge wakes the writer.
func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// forget is told that the subscription ended by itself, which one's own
// notifications never do (sink).
func (s *stream) forget(*subscription) {}
