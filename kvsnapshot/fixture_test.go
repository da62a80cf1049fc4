package kvsnapshot_test

import (
	"errors"
	"maps"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// fixture is a repository with snapshots and one without, on the same events.
type fixture struct {
	*testing.T
	cfg       kvsnapshot.Config
	eventsCfg jetstream.Config
	events    *events
	snapshots *kvsnapshot.Store[string]
	bucket    natsjs.KeyValue
	repo      *repository
	plain     *repository
}

// newFixture opens a store as cfg says, and an event store of its own with as
// many replicas.
func newFixture(t *testing.T, cfg kvsnapshot.Config) *fixture {
	t.Helper()
	s, eventsCfg := open(t, cfg), newEventsConfig(cfg.Storage.Replicas)
	events := openEvents(t, eventsCfg)
	plain := core.NewRepository(events, wallets)
	logged.drain()
	return &fixture{
		T: t, cfg: cfg, eventsCfg: eventsCfg, events: events, snapshots: s, bucket: bucketOf(t, cfg),
		repo: plain.WithSnapshots(s), plain: plain,
	}
}

// pay adds a payment, and opens the wallet first if it is new.
func (f *fixture) pay(id string, amounts ...int) core.Version[uint64] {
	f.Helper()
	v, err := f.repo.Upsert(f.Context(), id, command(func(state wallet) ([]core.Event, error) {
		var events []core.Event
		if state.Owner == "" {
			events = append(events, opened{"ada"})
		}
		for _, a := range amounts {
			events = append(events, paid{a})
		}
		return events, nil
	}))
	require.NoError(f, err)
	return v
}

// requireReplay checks that repo loads what plain loads by a replay of the
// events.
func (f *fixture) requireReplay(repo, plain *repository, id string, why ...any) {
	f.Helper()
	want, wantAt, wantErr := plain.Load(f.Context(), id)
	got, gotAt, err := repo.Load(f.Context(), id)
	require.Equal(f, errors.Is(wantErr, core.ErrNotFound), errors.Is(err, core.ErrNotFound), why...)
	if wantErr == nil {
		require.NoError(f, err, why...)
	}
	require.Equal(f, want, got, why...)
	require.Equal(f, wantAt, gotAt, why...)
}

// requireUnused checks that the snapshot is not used, and the events are replayed
// instead.
func (f *fixture) requireUnused(id string, why ...any) {
	f.Helper()
	logged.drain()
	repo := f.plain.WithSnapshots(f.snapshots) // which has not logged the same a moment ago
	f.requireReplay(repo, f.plain, id, why...)
	messages := logged.drain()
	require.Len(f, messages, 1, why...)
	require.Contains(f, messages[0], "snapshot not used, replaying events aggregate=wallet id="+id+" error=", why...)
}

// requireUsed checks that there is a snapshot at a version, and that it is used.
func (f *fixture) requireUsed(id string, want core.Version[uint64]) {
	f.Helper()
	logged.drain()
	f.requireReplay(f.repo, f.plain, id)
	require.Empty(f, logged.drain())
	var state wallet
	snap, ok, err := f.snapshots.LoadSnapshot(f.Context(), f.key(id), &state)
	require.NoError(f, err)
	require.True(f, ok)
	require.Equal(f, want, core.At(snap.Position))
}

// requireReplaced checks that the next commit stores a snapshot that is used.
func (f *fixture) requireReplaced(id string) {
	f.Helper()
	f.requireUsed(id, f.pay(id, 7))
}

// key returns the key of the snapshot of a wallet of the fixture.
func (f *fixture) key(id string) core.SnapshotKey[string] {
	key := walletKey(id)
	key.Store = f.events.StoreID()
	return key
}

// name returns the key of a wallet's snapshot in the bucket, for a plain id.
func (f *fixture) name(id string) string {
	return "aggregate.wallet." + id + ".0." + f.events.StoreID()
}

// stored returns the value of a wallet's snapshot.
func (f *fixture) stored(id string) []byte {
	f.Helper()
	e, err := f.bucket.Get(f.Context(), f.name(id))
	require.NoError(f, err)
	return e.Value()
}

// set overwrites the value of a wallet's snapshot.
func (f *fixture) set(id string, value []byte) {
	f.Helper()
	_, err := f.bucket.Put(f.Context(), f.name(id), value)
	require.NoError(f, err)
}

// recreate deletes the log and makes an empty one with the same store id, as if
// it had been restored from an older copy.
func (f *fixture) recreate() {
	f.Helper()
	js := streams(f, connect(f, f.eventsCfg.Replicas))
	stream, err := js.Stream(f.Context(), f.eventsCfg.Stream)
	require.NoError(f, err)
	require.NoError(f, js.DeleteStream(f.Context(), f.eventsCfg.Stream))
	sc := stream.CachedInfo().Config
	sc.Metadata = maps.Clone(sc.Metadata)
	_, err = js.CreateStream(f.Context(), sc)
	require.NoError(f, err)
}
