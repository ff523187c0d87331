package sql

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
)

// How long things may take.
const (
	connectWithin  = 3 * time.Second
	queryWithin    = 5 * time.Second  // one exported call, waiting for a connection included
	applyWithin    = 15 * time.Second // one batch of the log, 1 024 rows
	rollbackWithin = time.Second
	readyWithin    = 2 * time.Second
	// pingAfter is how long a connection may lie idle and be used unasked. A
	// server that restarts takes longer, so that nobody gets one that it ended.
	pingAfter = 50 * time.Millisecond
	// idleWithin ends a transaction whose edge has died or hangs. It is above
	// the time for which a publish is retried while an outbox row is locked.
	idleWithin = 30 * time.Second
)

// maxConns bounds the pool, unless the URL says pool_max_conns. Two cores do
// not serve more at once; the rest waits in the pool's queue, within queryWithin.
const maxConns = 16

// Limits bound what people can make. The defaults are chat's.
type Limits struct {
	Rooms       int // of one person
	Members     int // of one room; the lobby has no bound
	Invitations int // open ones of one room
	Sessions    int // of one person
}

// DefaultLimits returns chat's.
func DefaultLimits() Limits {
	return Limits{Rooms: chat.MaxRooms, Members: chat.MaxMembers, Invitations: chat.MaxInvitations, Sessions: chat.MaxSessions}
}

// DB is a pool of connections to natter's database. It is safe for concurrent use.
type DB struct {
	pool    *pgxpool.Pool
	logger  *slog.Logger
	limits  Limits
	metrics *metrics
	// flushing has room for those who hold a connection while they publish,
	// so that a log that is down cannot take the whole pool.
	flushing chan struct{}
	// searching has room for those who search: what else is asked comes first.
	searching chan struct{}
	// pieceBits say how many entries of CHAT are a piece of search's index.
	pieceBits uint
}

// Open returns a pool for the PostgreSQL URL. It does not connect: a role may
// start while the database is down. See Ready and CheckSchema. metrics may be
// nil; two pools need two registerers, such as ones wrapped with a label.
func Open(ctx context.Context, url string, logger *slog.Logger, registerer prometheus.Registerer) (*DB, error) {
	config, err := poolConfig(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database's pool: %w", err)
	}
	db := &DB{
		pool:      pool,
		logger:    logger,
		limits:    DefaultLimits(),
		flushing:  make(chan struct{}, max(1, config.MaxConns/2)),
		searching: make(chan struct{}, max(1, config.MaxConns/4)),
		pieceBits: pieceBits,
	}
	if db.metrics, err = newMetrics(pool, registerer); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

func poolConfig(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database's URL cannot be used: %w", err) // pgx leaves the password out
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = maxConns
	}
	config.MinConns = 1
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 10 * time.Minute
	config.MaxConnIdleTime = 5 * time.Minute
	config.HealthCheckPeriod = 15 * time.Second
	config.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > pingAfter }
	config.ConnConfig.ConnectTimeout = connectWithin
	// A caller that goes away cancels its query and leaves the connection
	// usable; the default closes it, and a storm of reconnecting clients
	// would become a storm of connections here.
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: rollbackWithin}
	}
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		return nil
	}
	for name, value := range map[string]string{
		"application_name":                    "natter",
		"timezone":                            "UTC",
		"statement_timeout":                   milliseconds(queryWithin),
		"idle_in_transaction_session_timeout": milliseconds(idleWithin),
		// Every question is planned once, and must follow its index whatever its
		// parameters are (plans_test.go). Planned anew a page cost three times
		// as much; and before a table that has grown quickly is analyzed, the
		// server would rather collect and sort a whole room than walk along the
		// index: 184 ms instead of 0.1.
		"plan_cache_mode":   "force_generic_plan",
		"enable_bitmapscan": "off",
	} {
		if config.ConnConfig.RuntimeParams[name] == "" {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	return config, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// WithLimits returns the same pool with other limits.
func (db *DB) WithLimits(l Limits) *DB {
	other := *db
	other.limits = l
	return &other
}

// Ready reports whether the database answers.
func (db *DB) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := db.pool.Ping(ctx); err != nil {
		return db.failed("reach the database", err)
	}
	return nil
}

// Close ends the pool when its queries have ended.
func (db *DB) Close() {
	db.pool.Close()
	db.metrics.unregister()
}

// querier is a pool or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// inTx runs fn in one transaction, which commits unless fn fails. doing says
// what for, in the words of an error message.
func (db *DB) inTx(ctx context.Context, doing string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	tx, err := db.begin(ctx)
	if err != nil {
		return db.failed(doing, err)
	}
	defer rollBack(ctx, tx)
	if err := fn(ctx, tx); err != nil {
		return db.failed(doing, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return db.commitFailed(doing, err)
	}
	return nil
}

// begin starts a transaction. Connections that the server has ended meanwhile
// are thrown away: nothing was done on them, so that the next one may do it.
func (db *DB) begin(ctx context.Context) (tx pgx.Tx, err error) {
	for range maxConns + 1 {
		if tx, err = db.pool.Begin(ctx); !ended(err) {
			return tx, err
		}
	}
	return nil, err
}

// rollBack ends a transaction that is still open. The context may have ended,
// and the connection should go back to the pool all the same.
func rollBack(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWithin)
	defer cancel()
	_ = tx.Rollback(ctx) // if it fails, the connection is closed, which rolls back
}
