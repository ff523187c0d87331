package sql

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock under which one process at a time
// migrates. The number is arbitrary and must never change.
const migrationLock = 7_310_231_974

// migrateWithin bounds a migration, which may have to rewrite large tables.
const migrateWithin = 30 * time.Minute

// Migrate brings the schema up to this code's version and sees to it that the
// lobby exists. Several processes may call it at once: one works, the others
// wait. Only setup calls it; roles call CheckSchema.
func (db *DB) Migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWithin)
	defer cancel()
	conn, err := db.migrationConn(ctx)
	if err != nil {
		return db.failed("migrate", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // frees the lock, too
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return db.failed("migrate: wait for another migration", err)
	}
	if err := db.up(ctx, conn.Config()); err != nil {
		return db.failed("migrate", err)
	}
	return db.makeLobby(ctx)
}

// migrationConn is a connection on which no statement is cut short.
func (db *DB) migrationConn(ctx context.Context) (*pgx.Conn, error) {
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return pgx.ConnectConfig(ctx, config)
}

func (db *DB) up(ctx context.Context, config *pgx.ConnConfig) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	std := stdlib.OpenDB(*config)
	defer std.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, std, files)
	if err != nil {
		return err
	}
	done, err := provider.Up(ctx)
	for _, m := range done {
		db.logger.Info("database migrated", "version", m.Source.Version, "took", m.Duration)
	}
	return err
}

// CheckSchema returns an error that says what to do unless the schema is
// exactly this code's.
func (db *DB) CheckSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	want, err := newestMigration()
	if err != nil {
		return err
	}
	var have int64
	err = db.pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e) && e.Code == "42P01": // undefined_table
		return errors.New("the database is empty: run natter setup")
	case err != nil:
		return db.failed("check the schema", err)
	case have < want:
		return fmt.Errorf("the database has schema %d, and this natter needs %d: run natter setup", have, want)
	case have > want:
		return fmt.Errorf("the database has schema %d, and this natter knows only %d: run a newer natter", have, want)
	}
	return nil
}

// newestMigration returns the highest number among the migrations' file names.
func newestMigration() (int64, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	newest := int64(0)
	for _, f := range files {
		digits, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("the migration %s has no number: %w", f.Name(), err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
