package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/target"
)

// SitCommand is the argument by which the load tool starts itself as a helper:
// a process may hold only so many sockets.
const SitCommand = "sit"

// sitting is what a helper is told, as JSON on its standard input. Its end is
// the end of that input.
type sitting struct {
	Run    string         `json:"run"`
	Edges  []string       `json:"edges"`
	Secret string         `json:"secret"`
	People []target.Stand `json:"people"`
	Rooms  []string       `json:"rooms"` // of each person
}

// sat is what a helper says, a line of JSON each time that it changes.
type sat struct {
	Live   int            `json:"live"`
	Lost   uint64         `json:"lost"`
	Errors map[string]int `json:"errors,omitempty"`
}

// Sit is a helper's whole life.
func Sit(in io.Reader, out io.Writer) error {
	var s sitting
	told := json.NewDecoder(in)
	if err := told.Decode(&s); err != nil {
		return err
	}
	people, err := target.Stands(s.Secret, s.People)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	fleet := load.NewFleet(ctx, s.Run, s.Edges)
	defer fleet.Close()
	fleet.Buffer = idleBuffer
	var rooms []*load.Room
	for i, p := range people {
		if len(rooms) == 0 || rooms[len(rooms)-1].ID != s.Rooms[i] {
			rooms = append(rooms, &load.Room{ID: s.Rooms[i]})
		}
		fleet.Add(p, rooms[len(rooms)-1])
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		defer stop()
		_, _ = io.Copy(io.Discard, io.MultiReader(told.Buffered(), in)) // until whoever started it ends it, or ends
	})
	err = say(ctx, json.NewEncoder(out), fleet)
	fleet.Close()
	watching.Wait()
	last := sat{Live: 0, Lost: load.Check(rooms).Lost, Errors: fleet.Errors()}
	if encoded := json.NewEncoder(out).Encode(last); err == nil {
		err = encoded
	}
	return err
}

// say tells how many connections are live until ctx ends.
func say(ctx context.Context, out *json.Encoder, fleet *load.Fleet) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for said := -1; ; {
		if live := fleet.Live(); live != said {
			said = live
			if err := out.Encode(sat{Live: live}); err != nil {
				return fmt.Errorf("nobody listens: %w", err)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}
