package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/natter-chat/natter/chat"
)

// Journal is what one client saw, checked as it was written. Its zero value is
// not usable; see NewJournal.
type Journal struct {
	mu         sync.Mutex
	rooms      map[string]*transcript
	violations []string
	changed    chan struct{} // closed at the next change
}

type transcript struct {
	Room
	open bool   // subscribed on the present socket
	n    uint64 // of the last word about who is there
	ids  map[string]uint64
}

// Room is what a journal knows of a room.
type Room struct {
	Position chat.Position // everything up to here was seen, or given up by a reset
	Events   []Event       // in the order of arrival
	Texts    []string      // of the messages among them
	Resets   []Reset
	Markers  map[string]uint64 // user id → the largest marker seen
	Ended    string            // the reason of the last "unsubscribed", "" while subscribed
	There    map[string]string // who is here or away; nil while the room is not watched
}

// Reset is a hole that natter admitted, before the event Events[Before].
type Reset struct {
	Position, Reason string
	Before           int
}

// NewJournal returns an empty journal.
func NewJournal() *Journal {
	return &Journal{rooms: map[string]*transcript{}, changed: make(chan struct{})}
}

// Room returns a copy of what the journal knows of a room.
func (j *Journal) Room(room string) Room {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.room(room).Room
	r.Events = slices.Clip(r.Events)
	r.Texts = slices.Clip(r.Texts)
	r.Resets = slices.Clip(r.Resets)
	markers := make(map[string]uint64, len(r.Markers))
	for user, seq := range r.Markers {
		markers[user] = seq
	}
	r.Markers, r.There = markers, maps.Clone(r.There)
	return r
}

// Rooms lists the rooms that the journal has heard of.
func (j *Journal) Rooms() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var rooms []string
	for room := range j.rooms {
		rooms = append(rooms, room)
	}
	return rooms
}

// Violations lists the promises that were broken, in the order of detection.
func (j *Journal) Violations() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.violations)
}

// Wait waits until ok is true of the room, looking again after every change.
func (j *Journal) Wait(ctx context.Context, room string, ok func(Room) bool) error {
	for {
		j.mu.Lock()
		changed := j.changed
		j.mu.Unlock()
		if ok(j.Room(room)) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("room %s: %w", room, ctx.Err())
		}
	}
}

func (j *Journal) room(room string) *transcript {
	t := j.rooms[room]
	if t == nil {
		t = &transcript{Room: Room{Markers: map[string]uint64{}}, ids: map[string]uint64{}}
		j.rooms[room] = t
	}
	return t
}

func (j *Journal) violated(format string, args ...any) {
	j.violations = append(j.violations, fmt.Sprintf(format, args...))
}

// write applies fn under the lock and wakes who waits.
func (j *Journal) write(fn func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fn()
	close(j.changed)
	j.changed = make(chan struct{})
}
