package pgxmodel_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/jetstream"
)

// added is an event of an account.
type added struct{ N int64 }

func (added) EventKind() string { return "account.added" }

type (
	natsStore = jetstream.Store[string, core.NoMetadata]
	recorded  = core.Recorded[added, string, uint64, core.NoMetadata]
)

// The tables: balances, and a row for each time that an event was applied.
const (
	makeBalances = "CREATE TABLE %s (id text PRIMARY KEY, balance bigint NOT NULL)"
	makeApplied  = "CREATE TABLE %s (event text NOT NULL)"
	addBalance   = "INSERT INTO %[1]s (id, balance) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET balance = %[1]s.balance + excluded.balance"
	addApplied   = "INSERT INTO %s (event) VALUES ($1)"
)

func sqlAccounts(version int) *readmodel.Model[sqlmodel.Tx, string, uint64, core.NoMetadata] {
	return readmodel.Define("accounts", version, readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e recorded) error {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(addBalance, tx.Table("balances")), e.Key.ID, e.Event.N); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(addApplied, tx.Table("applied")), e.EventID())
		return err
	})).WithBegin(func(ctx context.Context, tx sqlmodel.Tx) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(makeBalances, tx.Table("balances")))
		if err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf(makeApplied, tx.Table("applied")))
		}
		return err
	})
}

func pgxAccounts(version int) *readmodel.Model[pgxmodel.Tx, string, uint64, core.NoMetadata] {
	return readmodel.Define("accounts", version, readmodel.On(func(ctx context.Context, tx pgxmodel.Tx, e recorded) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(addBalance, tx.Table("balances")), e.Key.ID, e.Event.N); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(addApplied, tx.Table("applied")), e.EventID())
		return err
	})).WithBegin(func(ctx context.Context, tx pgxmodel.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(makeBalances, tx.Table("balances")))
		if err == nil {
			_, err = tx.Exec(ctx, fmt.Sprintf(makeApplied, tx.Table("applied")))
		}
		return err
	})
}

// childVariable has what a process needs that is to be killed: the URL of the server and
// the database.
const childVariable = "JETSOURCE_CHILD"

// child runs a runner until it is killed.
func child(config string) error {
	url, database, ok := strings.Cut(config, " ")
	if !ok {
		return errors.New(config)
	}
	ctx := context.Background()
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		return err
	}
	defer nc.Close()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	const takeover = 200 * time.Millisecond
	switch kind, dsn, _ := strings.Cut(database, " "); kind {
	case "sqlite":
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			return err
		}
		return readmodel.NewRunner(store, sqlmodel.New(db, sqlmodel.SQLite), sqlAccounts(1)).WithTakeover(takeover).WithBatch(200, time.Millisecond).Run(ctx)
	case "pgx":
		pool, err := pgxpool.New(ctx, dsn)
		if err != nil {
			return err
		}
		return readmodel.NewRunner(store, pgxmodel.New(pool), pgxAccounts(1)).WithTakeover(takeover).WithBatch(200, time.Millisecond).Run(ctx)
	}
	return errors.New(config)
}

// beChild runs a child if this process is one.
func beChild() {
	if config, ok := os.LookupEnv(childVariable); ok {
		fmt.Fprintln(os.Stderr, child(config))
		os.Exit(1)
	}
}
