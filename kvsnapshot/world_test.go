package kvsnapshot_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// The aggregate of these tests. Its state tells which events were folded, and
// in what order.
type (
	opened  struct{ Owner string }
	paid    struct{ Amount int }
	renamed struct{ Owner string }

	wallet struct {
		Owner   string
		Balance int
		Seen    map[string]int // kinds
		Path    string
	}

	repository = core.Repository[wallet, string, uint64, core.NoMetadata]
	command    = core.CommandFunc[wallet]
)

func (opened) EventKind() string  { return "wallet.opened" }
func (paid) EventKind() string    { return "wallet.paid" }
func (renamed) EventKind() string { return "wallet.renamed" }

func (w *wallet) saw(e core.Event, path string) {
	if w.Seen == nil {
		w.Seen = make(map[string]int)
	}
	w.Seen[e.EventKind()]++
	w.Path = (w.Path + path)[max(0, len(w.Path+path)-40):]
}

var (
	onOpened = core.On(func(w *wallet, e opened) { w.Owner = e.Owner; w.saw(e, "o") })
	onPaid   = core.On(func(w *wallet, e paid) { w.Balance = 3*w.Balance + e.Amount; w.saw(e, fmt.Sprint(e.Amount)) })

	wallets = core.DefineAggregate("wallet", onOpened, onPaid,
		core.On(func(w *wallet, e renamed) { w.Owner = e.Owner; w.saw(e, "r") }))
	// walletsOfOld is the aggregate as an older program has it.
	walletsOfOld = core.DefineAggregate("wallet", onOpened, onPaid)
)

func emit(events ...core.Event) command {
	return func(wallet) ([]core.Event, error) { return events, nil }
}

// world is a repository with snapshots, one without, and what they work on.
type world struct {
	*testing.T
	cfg       kvsnapshot.Config
	eventsCfg jetstream.Config
	snapshots *kvsnapshot.Store[string]
	bucket    natsjs.KeyValue
	repo      *repository
	plain     *repository
}

func newWorld(t *testing.T, cfg kvsnapshot.Config, eventsCfg jetstream.Config) *world {
	t.Helper()
	s := open(t, cfg)
	plain := core.NewRepository(openEvents(t, eventsCfg), wallets)
	logged.take()
	return &world{
		T: t, cfg: cfg, eventsCfg: eventsCfg, snapshots: s, bucket: bucketOf(t, cfg),
		repo: plain.WithSnapshots(s), plain: plain,
	}
}

// pay adds a payment, and opens the wallet first if it is new.
func (w *world) pay(id string, amounts ...int) core.Version[uint64] {
	w.Helper()
	v, err := w.repo.Upsert(w.Context(), id, command(func(state wallet) ([]core.Event, error) {
		var events []core.Event
		if state.Owner == "" {
			events = append(events, opened{"ada"})
		}
		for _, a := range amounts {
			events = append(events, paid{a})
		}
		return events, nil
	}))
	require.NoError(w, err)
	return v
}

// same checks that a repository has of an aggregate what a replay has.
func (w *world) same(repo, plain *repository, id string, why ...any) {
	w.Helper()
	want, wantAt, wantErr := plain.Load(w.Context(), id)
	got, gotAt, err := repo.Load(w.Context(), id)
	require.Equal(w, errors.Is(wantErr, core.ErrNotFound), errors.Is(err, core.ErrNotFound), why...)
	if wantErr == nil {
		require.NoError(w, err, why...)
	}
	require.Equal(w, want, got, why...)
	require.Equal(w, wantAt, gotAt, why...)
}

// unused checks that the snapshot is not used, and nothing goes wrong by it.
func (w *world) unused(id string, why ...any) {
	w.Helper()
	logged.take()
	w.same(w.repo, w.plain, id, why...)
	messages := logged.take()
	require.Len(w, messages, 1, why...)
	require.Contains(w, messages[0], "snapshot not used, replaying events aggregate=wallet id="+id+" error=", why...)
}

// used checks that there is a snapshot at a version, and that it is used.
func (w *world) used(id string, want core.Version[uint64]) {
	w.Helper()
	logged.take()
	w.same(w.repo, w.plain, id)
	require.Empty(w, logged.take())
	var state wallet
	snap, ok, err := w.snapshots.LoadSnapshot(w.Context(), walletKey(id), &state)
	require.NoError(w, err)
	require.True(w, ok)
	require.Equal(w, want, core.At(snap.Position))
}

// replaced checks that the next commit leaves a snapshot that is used.
func (w *world) replaced(id string) {
	w.Helper()
	w.used(id, w.pay(id, 7))
}

func walletKey(id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.AggregateSnapshot, Kind: "wallet", ID: id}
}

// stored returns the value of a wallet's snapshot, and sets it.
func (w *world) stored(id string) []byte {
	w.Helper()
	e, err := w.bucket.Get(w.Context(), "aggregate.wallet."+id+".0")
	require.NoError(w, err)
	return e.Value()
}

func (w *world) set(id string, value []byte) {
	w.Helper()
	_, err := w.bucket.Put(w.Context(), "aggregate.wallet."+id+".0", value)
	require.NoError(w, err)
}

// recreate deletes the log, and makes a new one that claims to be the same
// store: one that was restored from an older copy looks like this.
func (w *world) recreate() {
	w.Helper()
	js := streams(w, connect(w, w.eventsCfg.Replicas))
	stream, err := js.Stream(w.Context(), w.eventsCfg.Stream)
	require.NoError(w, err)
	require.NoError(w, js.DeleteStream(w.Context(), w.eventsCfg.Stream))
	sc := stream.CachedInfo().Config
	sc.Metadata = maps.Clone(sc.Metadata)
	_, err = js.CreateStream(w.Context(), sc)
	require.NoError(w, err)
}
