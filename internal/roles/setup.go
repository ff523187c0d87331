package roles

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
)

// Setup creates the schema and the streams, or changes them to what this version
// needs. It may be repeated, and run while roles work. The database comes first,
// because a stream that must be made anew starts above the highest sequence
// that the tables know.
func Setup(ctx context.Context, s *service.Service, lc LogConfig, dc DatabaseConfig, o jetstream.SetupOptions) error {
	quiet := *s
	quiet.Metrics = nil // it is over before anybody looks
	s = &quiet
	db, err := openPool(ctx, s, dc)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return fmt.Errorf("set up the database: %w", err)
	}
	if o.FirstSeq, err = db.Highest(ctx); err != nil {
		return err
	}
	for stream := range o.FirstSeq {
		o.FirstSeq[stream]++
	}
	log, err := connect(ctx, s, lc)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Setup(ctx, o); err != nil {
		return fmt.Errorf("set up the log: %w", err)
	}
	return nil
}
