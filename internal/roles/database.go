package roles

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/sql"
)

// DatabaseConfig says where the tables are.
type DatabaseConfig struct {
	Database service.URL `env:"DATABASE_URL" help:"PostgreSQL, such as postgres://natter:password@db/natter; required"`
}

// Check reports what is wrong with the values.
func (c DatabaseConfig) Check() error {
	return checkURL("DATABASE_URL", c.Database, true, "postgres", "postgresql")
}

// OpenDatabase returns a pool on a database whose schema is this version's.
func OpenDatabase(ctx context.Context, s *service.Service, c DatabaseConfig) (*sql.DB, error) {
	db, err := openPool(ctx, s, c)
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// openPool tries until the server answers, at most waitForServers.
func openPool(ctx context.Context, s *service.Service, c DatabaseConfig) (*sql.DB, error) {
	db, err := sql.Open(ctx, string(c.Database), s.Logger, s.Metrics)
	if err != nil {
		return nil, err
	}
	if err := await(ctx, s, "PostgreSQL", db.Ready); err != nil {
		db.Close()
		return nil, fmt.Errorf("PostgreSQL at %v does not answer (DATABASE_URL): %w", c.Database, err)
	}
	return db, nil
}
