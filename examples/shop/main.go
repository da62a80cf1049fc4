// Shop takes commands by HTTP, and keeps what it shows in tables of SQLite or PostgreSQL
// and in a key-value bucket of NATS. Both are rebuilt while they serve.
//
//	go run . [-dir DIR] [-listen ADDRESS] [-postgres DSN|own]
//
// in this directory, which is a module of its own. Then open http://127.0.0.1:8080, or
//
//	curl -d '{"Name":"Ada"}' http://127.0.0.1:8080/customers/ada
//	curl -d '{"Customer":"ada","Item":"tea","Cents":450}' http://127.0.0.1:8080/orders/1
//	curl -d '{}' http://127.0.0.1:8080/orders/1/pay
//	curl http://127.0.0.1:8080/customers
//	curl -X POST http://127.0.0.1:8080/rebuild    # customers have what they spent
//
// Read domain.go first, then tables.go and the files in migrations, then board.go.
// serving.go runs a model, and rebuilds it.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	_ "modernc.org/sqlite"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel/pgtest"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

// options are what the flags say.
type options struct{ dir, listen, postgres string }

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "shop-data", "`directory` of the events and of SQLite")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` of the page and the API")
	flag.StringVar(&o.postgres, "postgres", "", "`DSN` of a PostgreSQL in place of SQLite; \"own\" starts one that is empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	err := run(ctx, o, func(address string) { fmt.Printf("http://%s\n", address) })
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

// run runs all of it, and returns when all of it has ended.
func run(ctx context.Context, o options, ready func(address string)) (err error) {
	server, err := embedded.Start(embedded.Config{Dir: filepath.Join(o.dir, "events")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		return err
	}
	defer nc.Close()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, dialect, end, err := openDatabase(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	js, err := natsjs.New(nc)
	if err != nil {
		return err
	}
	bucket, err := js.CreateOrUpdateKeyValue(ctx, natsjs.KeyValueConfig{Bucket: "SHOP"})
	if err != nil {
		return err
	}
	return serve(ctx, o.listen, &api{
		customers: core.NewRepository(store, customer).WithRetries(3),
		orders:    core.NewRepository(store, order).WithRetries(3),
		db:        db, bucket: bucket,
		tables: &Serving[sqlmodel.Tx]{store: store, target: sqlmodel.New(db, dialect), model: shop},
		board:  &Serving[*kvmodel.Tx]{store: store, target: kvmodel.New(js, bucket), model: board},
	}, ready)
}

// openDatabase returns a database with the tables of all layouts, and how to close it.
func openDatabase(ctx context.Context, o options) (db *sql.DB, dialect sqlmodel.Dialect, end func() error, err error) {
	stop := func() error { return nil }
	if o.postgres == "own" {
		server, err := pgtest.Start(ctx)
		if err != nil {
			return nil, dialect, nil, err
		}
		o.postgres, stop = server.DSN(), server.Close
	}
	driver, dsn, dialect := "pgx", o.postgres, sqlmodel.Postgres
	if o.postgres == "" {
		path := filepath.Join(o.dir, "shop.db")
		driver, dsn, dialect = "sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)", sqlmodel.SQLite
	}
	if db, err = sql.Open(driver, dsn); err == nil {
		stop = func(stop func() error) func() error {
			return func() error { return errors.Join(db.Close(), stop()) }
		}(stop)
		err = migrate(ctx, db)
	}
	if err != nil {
		return nil, dialect, nil, errors.Join(err, stop())
	}
	return db, dialect, stop, nil
}

// serve runs the models and the API until ctx ends or one of them fails.
func serve(ctx context.Context, address string, a *api, ready func(address string)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.serving = ctx
	server := &http.Server{Handler: a.handler(), BaseContext: func(net.Listener) context.Context { return ctx }, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 3)
	go func() { ended <- a.tables.Run(ctx, "shop") }()
	go func() { ended <- a.board.Run(ctx, "board") }()
	go func() { ended <- server.Serve(listener) }()
	ready(listener.Addr().String())
	first := error(nil)
	left := 3
	select {
	case first = <-ended:
		left--
	case <-ctx.Done():
	}
	cancel()
	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	errs := []error{first, server.Shutdown(closing)}
	for range left {
		errs = append(errs, <-ended)
	}
	for i, err := range errs {
		if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.Canceled) {
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}
