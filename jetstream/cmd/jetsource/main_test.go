package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("XDG_CONFIG_HOME", "/nonexistent") // no context of whoever runs the tests
	goleak.VerifyTestMain(m)
}

type opened struct{ Owner string }

func (opened) EventKind() string { return "account.opened" }

type deposited struct{ Amount int }

func (deposited) EventKind() string { return "money.deposited" }

type account struct {
	Owner   string
	Balance int
}

var accounts = core.DefineAggregate("account",
	core.On(func(a *account, e opened) { a.Owner = e.Owner }),
	core.On(func(a *account, e deposited) { a.Balance += e.Amount }),
).WithUnique("owner", func(a account) string { return a.Owner })

type store = jetstream.Store[string, core.NoMetadata]

// world is a server with a store, and the program.
type world struct {
	t      *testing.T
	nc     *nats.Conn
	js     natsjs.JetStream
	server *embedded.Server
}

func newWorld(t *testing.T) *world {
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	return &world{t, nc, js, srv}
}

// open opens a store.
func (w *world) open(cfg jetstream.Config) *store {
	w.t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](w.t.Context(), w.nc, cfg)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, s.Close()) })
	return s
}

// fill makes a store with commits of all sorts.
func (w *world) fill(n int) *store {
	w.t.Helper()
	s := w.open(jetstream.Config{})
	repo := core.NewRepository(s, accounts)
	emit := func(all ...core.Event) core.CommandFunc[account] {
		return func(account) ([]core.Event, error) { return all, nil }
	}
	for i := range n {
		id := fmt.Sprintf("a.%d", i)
		_, err := repo.Upsert(w.t.Context(), id, emit(opened{id}, deposited{1}, deposited{2}))
		require.NoError(w.t, err)
	}
	_, err := core.Transact(w.t.Context(), s, func(ctx context.Context, tx *core.Tx) error {
		if _, _, err := repo.In(tx).Load(ctx, "a.0"); err != nil { // a guard
			return err
		}
		err := repo.In(tx).Update(ctx, "a.1", emit(deposited{3}))
		return err
	})
	require.NoError(w.t, err)
	packed := w.open(jetstream.Config{Codec: codec.MessagePack})
	_, err = core.CommitEvents(w.t.Context(), packed, core.Key[string]{Kind: "account", ID: "a.0"}, []core.Event{deposited{4}}, core.NoMetadata{})
	require.NoError(w.t, err)
	return s
}

// jetsource runs the program, and returns its exit status and what it printed.
func (w *world) jetsource(args ...string) (int, string, string) {
	w.t.Helper()
	return w.within(w.t.Context(), args...)
}

func (w *world) within(ctx context.Context, args ...string) (int, string, string) {
	w.t.Helper()
	var out, errs bytes.Buffer
	code := run(ctx, append(args, "--server", w.server.URL()), &out, &errs)
	return code, out.String(), errs.String()
}

// must runs the program, which must do what it is told.
func (w *world) must(args ...string) string {
	w.t.Helper()
	code, out, errs := w.jetsource(args...)
	require.Zero(w.t, code, "%v: %s%s", args, out, errs)
	return out
}

// publish writes a message as another program does, or, with a commit, as the library does.
func (w *world) publish(subject, commit, data string) uint64 {
	w.t.Helper()
	h := nats.Header{}
	if commit != "" {
		h["Es-Commit"], h["Content-Type"] = []string{commit}, []string{codec.JSON.Name()}
	}
	return w.publishMsg(&nats.Msg{Subject: subject, Header: h, Data: []byte(data)})
}

func (w *world) publishMsg(m *nats.Msg) uint64 {
	w.t.Helper()
	ack, err := w.js.PublishMsg(w.t.Context(), m)
	require.NoError(w.t, err)
	return ack.Sequence
}

func lines[T any](t *testing.T, out string) (all []T) {
	t.Helper()
	for line := range strings.Lines(out) {
		var v T
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		all = append(all, v)
	}
	return all
}

func TestRangesOfPartitions(t *testing.T) {
	require.Equal(t, "0-3, 5, 7-8", ranges([]int{0, 1, 2, 3, 5, 7, 8}))
	require.Empty(t, ranges(nil))
}
