package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
)

const deadAbout = `natter dead shows the dead letters: what a worker could not apply, and why. It changes nothing,
except with -discard, which removes one letter whose cause is understood.
`

// deadConfig is the configuration of natter dead.
type deadConfig struct {
	service.Config
	roles.LogConfig
	consumer string
	discard  uint64
}

func deadDefaults() deadConfig {
	return deadConfig{Config: service.Config{OpsListen: "127.0.0.1:0", Log: slog.LevelWarn}, consumer: "*"}
}

// Check reports everything that is wrong with the values.
func (c *deadConfig) Check() error {
	var unknown error
	if _, ok := jetstream.Consumers[jetstream.Consumer(c.consumer)]; !ok && c.consumer != "*" {
		unknown = fmt.Errorf("-consumer is %q: use one of %v", c.consumer, slices.Sorted(maps.Keys(jetstream.Consumers)))
	}
	return errors.Join(c.Config.Check(), c.LogConfig.Check(), unknown)
}

func deadFlags(c *deadConfig) *flag.FlagSet {
	flags := flag.NewFlagSet("dead", flag.ContinueOnError)
	flags.StringVar(&c.consumer, "consumer", "*", "only what this `consumer` could not apply, such as persister-chat")
	flags.Uint64Var(&c.discard, "discard", 0, "remove the letter with this `number`; what it is about stays in its stream")
	return flags
}

func dead(p service.Process) int {
	config := deadDefaults()
	if code, ok := parse(p, deadAbout, deadFlags(&config), &config); !ok {
		return code
	}
	return p.Once(&config, func(ctx context.Context, s *service.Service) error {
		log, err := roles.OpenLog(ctx, s, config.LogConfig)
		if err != nil {
			return err
		}
		defer log.Close()
		if config.discard > 0 {
			return log.Discard(ctx, config.discard)
		}
		return showDead(ctx, p.Out, log, events.Dead.Prefix()+config.consumer)
	})
}

// deadPage is how many dead letters are read at once.
const deadPage = 100

// showDead prints a block for each dead letter, oldest first, and their number.
func showDead(ctx context.Context, w io.Writer, log *jetstream.Log, subject string) error {
	count := 0
	for after, more := uint64(0), true; more; {
		var entries []events.Entry
		var err error
		if entries, more, err = log.Read(ctx, subject, after, deadPage); err != nil {
			return err
		}
		for _, e := range entries {
			var d jetstream.DeadLetter
			if err := json.Unmarshal(e.Body, &d); err != nil {
				return fmt.Errorf("dead letter %d cannot be read: %w", e.Seq, err)
			}
			fmt.Fprintf(w, "#%d  %s  %s  %s %d  %s\n    why   %s\n    what  %q\n", e.Seq, d.Time.Format(time.RFC3339), d.Consumer, d.Stream, d.Seq, d.Subject, d.Reason, d.Body)
			after = e.Seq
			count++
		}
		more = more && len(entries) > 0
	}
	fmt.Fprintf(w, "%d dead letters\n", count)
	return nil
}
