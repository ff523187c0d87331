package service

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is what every role's configuration begins with, by embedding. A field
// names its variable, default and meaning in tags, from which --help and
// docs/configuration.md are made. A role may set another default by filling the
// field before Load.
type Config struct {
	Name      string        `env:"NATTER_NAME" help:"name of this instance in logs and in NATS; default: role, host and process id"`
	OpsListen string        `env:"NATTER_OPS_LISTEN" help:"address of /healthz, /readyz, /metrics and /debug/pprof"`
	Log       slog.Level    `env:"NATTER_LOG" envDefault:"INFO" help:"log level: debug, info, warn or error"`
	LogFormat string        `env:"NATTER_LOG_FORMAT" envDefault:"text" help:"text or json"`
	Drain     time.Duration `env:"NATTER_DRAIN" envDefault:"15s" help:"time to finish what is under way after SIGTERM"`
}

// Settings is a pointer to a role's configuration: a struct that embeds Config.
type Settings interface {
	common() *Config
	// Check reports everything that is wrong with the values, joined. A
	// message begins with the variable's name.
	Check() error
}

func (c *Config) common() *Config { return c }

// Check reports what is wrong with the shared part. A role that has its own
// Check calls it.
func (c *Config) Check() error {
	var errs []error
	if c.LogFormat != "text" && c.LogFormat != "json" {
		errs = append(errs, fmt.Errorf("NATTER_LOG_FORMAT is %q: use text or json", c.LogFormat))
	}
	if c.Drain < 0 || c.Drain > 10*time.Minute {
		errs = append(errs, fmt.Errorf("NATTER_DRAIN is %v: use 0s to 10m", c.Drain))
	}
	return errors.Join(append(errs, CheckAddress("NATTER_OPS_LISTEN", c.OpsListen))...)
}

// Load fills settings from the process's environment and checks them. The error
// lists everything that is wrong, a line each.
func (p Process) Load(settings Settings) error {
	parsed := p.parse(settings)
	c := settings.common()
	if c.Name == "" {
		c.Name = fmt.Sprintf("%s-%s-%d", p.Role, p.Host, p.PID)
	}
	return errors.Join(parsed, settings.Check())
}

// parse reads the variables into settings and words the errors by variable. It
// puts the defaults in itself, because the parser would put a tag's over the
// role's.
func (p Process) parse(settings Settings) error {
	environment, variables := p.environment(), map[string]string{}
	for _, v := range Describe(settings) {
		variables[v.field] = v.Name
		if _, set := environment[v.Name]; !set && v.Default != "" {
			environment[v.Name] = v.Default
		}
	}
	err := env.ParseWithOptions(settings, env.Options{Environment: environment, DefaultValueTagName: "none"})
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	var errs []error
	for _, err := range all.Errors {
		var one env.ParseError
		if errors.As(err, &one) {
			err = fmt.Errorf("%s: %w", variables[one.Name], one.Err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// lines indents a joined error, one message a line.
func lines(err error) string {
	return "  " + strings.ReplaceAll(err.Error(), "\n", "\n  ")
}
