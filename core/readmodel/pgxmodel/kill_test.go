//go:build unix

package pgxmodel_test

import (
	"bytes"
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/pgxmodel"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// kills is how many processes are killed at random moments.
func kills() int {
	if os.Getenv("JETSOURCE_SOAK") != "" {
		return 200
	}
	return 10
}

// startStore returns an empty store of an embedded server, and the server's URL.
func startStore(t testing.TB) (*natsStore, string) {
	t.Helper()
	server, err := embedded.Start(embedded.Config{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	nc, err := nats.Connect(server.URL(), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	store, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store, server.URL()
}

func commit(t testing.TB, store core.EventStore[string, uint64, core.NoMetadata], id string, events ...core.Event) core.Version[uint64] {
	t.Helper()
	at, err := core.CommitEvents(t.Context(), store, core.Key[string]{Kind: "account", ID: id}, events, core.NoMetadata{})
	require.NoError(t, err)
	return core.At(at)
}

func TestKilledProcessesInSQLite(t *testing.T) {
	t.Parallel()
	path := sqlitePath(t)
	db := openSQLite(t, path)
	store, url := startStore(t)
	version := killChildren(t, store, url+" sqlite "+sqliteDSN(path))
	require.NoError(t, readmodel.Wait(t.Context(), store, sqlmodel.New(db, sqlmodel.SQLite), sqlAccounts(1), version))
	requireFold(t, store, db)
}

func TestKilledProcessesInPostgres(t *testing.T) {
	t.Parallel()
	dsn := newDSN(t)
	store, url := startStore(t)
	version := killChildren(t, store, url+" pgx "+dsn)
	require.NoError(t, readmodel.Wait(t.Context(), store, pgxmodel.New(openPool(t, dsn)), pgxAccounts(1), version))
	requireFold(t, store, openPostgres(t, dsn))
}

// killChildren kills one of two processes at random moments while events are committed,
// and leaves two running, which end with the test.
func killChildren(t *testing.T, store *natsStore, config string) core.Version[uint64] {
	t.Helper()
	var children [2]*exec.Cmd
	var logs [2]bytes.Buffer
	start := func(i int) {
		children[i] = exec.Command(os.Args[0])
		children[i].Env = append(os.Environ(), childVariable+"="+config)
		children[i].Stderr = &logs[i]
		require.NoError(t, children[i].Start())
	}
	kill := func(i int) {
		require.NoError(t, children[i].Process.Kill(), "it has ended: %v", &logs[i])
		_ = children[i].Wait() // says that it was killed
		require.NotContains(t, logs[i].String(), "read model accounts v1")
	}
	start(0)
	start(1)
	t.Cleanup(func() { kill(0); kill(1) })
	var last core.Version[uint64]
	committing, cancel := context.WithCancel(t.Context())
	committed := make(chan int)
	go func() {
		n := 0
		for ; committing.Err() == nil; n++ {
			last = commit(t, store, strconv.Itoa(n%17), added{int64(n)})
			time.Sleep(time.Duration(rand.IntN(2_000)) * time.Microsecond)
		}
		committed <- n
	}()
	for range kills() {
		time.Sleep(time.Duration(100+rand.IntN(500)) * time.Millisecond)
		i := rand.IntN(2)
		kill(i)
		start(i)
	}
	cancel()
	t.Logf("%d kills, %d events", kills(), <-committed)
	return last
}

// requireFold compares the tables with a fold of all events.
func requireFold(t *testing.T, store *natsStore, db *sql.DB) {
	t.Helper()
	want := make(map[string]int64)
	var events int64
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		e, err := core.Decode[added](store, stored)
		require.NoError(t, err)
		want[stored.Key.ID] += e.N
		events++
	}
	var applied, different int64
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*), count(DISTINCT event) FROM accounts_v1_applied").Scan(&applied, &different))
	require.Equal(t, events, different, "events that were skipped")
	require.Equal(t, events, applied, "events that were applied twice")
	rows, err := db.QueryContext(t.Context(), "SELECT id, balance FROM accounts_v1_balances")
	require.NoError(t, err)
	defer rows.Close()
	got := make(map[string]int64)
	for rows.Next() {
		var id string
		var balance int64
		require.NoError(t, rows.Scan(&id, &balance))
		got[id] = balance
	}
	require.NoError(t, rows.Err())
	require.Equal(t, want, got)
	t.Logf("%d events, differences to a fold: 0, applied twice: 0", events)
}
