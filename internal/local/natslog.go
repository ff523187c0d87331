package local

import (
	"fmt"
	"log/slog"
)

// natsLog is the embedded server's logger: its notices are our debug lines, its
// warnings and errors keep their level. It never exits: what is fatal to the
// server is kept for whoever started it.
type natsLog struct {
	log   *slog.Logger
	fatal chan error // holds the first one
}

func newNATSLog(l *slog.Logger) *natsLog {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	return &natsLog{log: l.With("part", "nats-server"), fatal: make(chan error, 1)}
}

func (n *natsLog) Noticef(format string, v ...any) { n.log.Debug(fmt.Sprintf(format, v...)) }
func (n *natsLog) Debugf(format string, v ...any)  { n.log.Debug(fmt.Sprintf(format, v...)) }
func (n *natsLog) Tracef(format string, v ...any)  { n.log.Debug(fmt.Sprintf(format, v...)) }
func (n *natsLog) Warnf(format string, v ...any)   { n.log.Warn(fmt.Sprintf(format, v...)) }
func (n *natsLog) Errorf(format string, v ...any)  { n.log.Error(fmt.Sprintf(format, v...)) }

func (n *natsLog) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	n.log.Error(err.Error())
	select {
	case n.fatal <- err:
	default:
	}
}
