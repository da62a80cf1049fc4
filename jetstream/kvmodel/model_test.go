package kvmodel_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

type (
	added   struct{ N int }
	removed struct{}
	doubled struct{ N int } // two added today
)

func (added) EventKind() string   { return "account.added" }
func (removed) EventKind() string { return "account.removed" }
func (doubled) EventKind() string { return "account.doubled" }

func (added) EventHistory() core.History {
	return core.History{core.Split("account.doubled", func(old doubled) []core.Event { return []core.Event{added(old), added(old)} })}
}

type recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]

type account struct {
	Sum int `json:"sum"`
}

type model = readmodel.Model[tx, string, uint64, core.NoMetadata]

// accounts adds numbers up in a row of each account, and in one of all.
func accounts(fail func(recorded[added]) error) *model {
	return readmodel.Define("accounts", 3,
		readmodel.On(func(ctx context.Context, t tx, e recorded[added]) error {
			if err := fail(e); err != nil {
				return err
			}
			for _, id := range []string{e.Key.ID, "all of them"} {
				err := kvmodel.Update(ctx, t, "sums", id, func(a *account) error {
					a.Sum += e.Event.N
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		}),
		readmodel.On(func(ctx context.Context, t tx, e recorded[removed]) error { return t.Delete(ctx, "sums", e.Key.ID) }),
	)
}

func never(recorded[added]) error { return nil }

type eventStore = core.SubscribableStore[string, uint64, core.NoMetadata]

func commit(t *testing.T, s eventStore, id string, events ...core.Event) core.Version[uint64] {
	t.Helper()
	at, err := core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: id}, events, core.NoMetadata{})
	require.NoError(t, err)
	return core.At(at)
}

func run(t *testing.T, r interface{ Run(context.Context) error }) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func catchUp(t *testing.T, r *readmodel.Runner[tx, string, uint64, core.NoMetadata]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, r.CatchUp(ctx))
}

func raw(t *testing.T, a *target, key string) string {
	t.Helper()
	entry, err := a.kv.Get(t.Context(), key)
	require.NoError(t, err)
	return string(entry.Value())
}

func TestRowsAreJSONForAnyClient(t *testing.T) {
	s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
	commit(t, s, "a", added{1}, added{2})
	watcher, err := a.kv.Watch(t.Context(), kvmodel.TableKeys(accounts(never).Layout(), "sums"), natsjs.UpdatesOnly())
	require.NoError(t, err)
	defer watcher.Stop()
	stop := run(t, readmodel.NewRunner(s, a.Target, accounts(never)))
	require.Equal(t, "accounts.v3.sums.a", (<-watcher.Updates()).Key())
	require.Equal(t, "accounts.v3.sums.all=20of=20them", (<-watcher.Updates()).Key())
	require.JSONEq(t, `{"position":2,"value":{"sum":3}}`, raw(t, a, "accounts.v3.sums.a"))
	require.NoError(t, readmodel.Wait(t.Context(), s, a.again(t).Target, accounts(never), commit(t, s, "b", doubled{4})))
	require.JSONEq(t, `{"position":3,"part":1,"value":{"sum":8}}`, raw(t, a, "accounts.v3.sums.b"))
	require.NoError(t, readmodel.Wait(t.Context(), s, a.again(t).Target, accounts(never), commit(t, s, "b", removed{})))
	require.JSONEq(t, `{"position":4,"deleted":true}`, raw(t, a, "accounts.v3.sums.b"))
	require.NoError(t, stop())
}

// forgetful is a bucket that loses progress, as a process that ends before it is written.
type forgetful struct {
	natsjs.KeyValue
	writes, lost atomic.Int64 // of progress
}

func (f *forgetful) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if strings.HasPrefix(key, "_progress.") && f.writes.Add(1)%5 == 0 {
		f.lost.Add(1)
		return 0, natsjs.ErrNoStreamResponse
	}
	return f.KeyValue.Update(ctx, key, value, revision)
}

func TestRepeatedEventChangesNothing(t *testing.T) {
	s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
	_, js := connect(t, 1)
	bucket := &forgetful{KeyValue: a.kv}
	want := 0
	var last core.Version[uint64]
	for i := range 60 {
		last = commit(t, s, strconv.Itoa(i%3), added{i}, doubled{1})
		want += i + 2
	}
	commit(t, s, "0", removed{})
	r := readmodel.NewRunner(s, kvmodel.New(js, bucket), accounts(never)).WithBatch(3, 0).WithTakeover(time.Second)
	run(t, r)
	catchUp(t, r)
	require.NoError(t, r.Wait(t.Context(), last))
	require.Contains(t, raw(t, a, "accounts.v3.sums.all=20of=20them"), `{"sum":`+strconv.Itoa(want)+`}`)
	require.JSONEq(t, `{"position":121,"deleted":true}`, raw(t, a, "accounts.v3.sums.0"))
	require.Greater(t, bucket.lost.Load(), int64(3))
}

// tardy is a bucket of a process that stands still when it has read something.
type tardy struct {
	natsjs.KeyValue
	read, goOn chan struct{}
}

func (b *tardy) Get(ctx context.Context, key string) (natsjs.KeyValueEntry, error) {
	entry, err := b.KeyValue.Get(ctx, key)
	b.read <- struct{}{}
	<-b.goOn
	return entry, err
}

// A process that finds no progress, and stands still before it creates it, removes nothing
// of what another one has written meanwhile.
func TestOneThatBeginsLateRemovesNoRows(t *testing.T) {
	s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
	last := commit(t, s, "a", added{1}, added{2})
	_, js := connect(t, 1)
	bucket := &tardy{a.kv, make(chan struct{}), make(chan struct{})}
	m := accounts(never)
	tx, err := kvmodel.New(js, bucket).Begin(t.Context(), m.Layout())
	require.NoError(t, err)
	created := make(chan error, 1)
	go func() { created <- tx.Create(t.Context(), readmodel.Progress{Owner: "late"}) }()
	<-bucket.read
	r := readmodel.NewRunner(s, a.Target, m)
	run(t, r)
	require.NoError(t, r.Wait(t.Context(), last))
	close(bucket.goOn)
	require.Error(t, <-created, "there is progress by now")
	require.JSONEq(t, `{"position":2,"value":{"sum":3}}`, raw(t, a, "accounts.v3.sums.a"))
}

// slow is JetStream as a process sees it that stands still before one of its requests about
// a stream.
type slow struct {
	natsjs.JetStream
	before         string
	standing, goOn chan struct{}
}

func (js *slow) Stream(ctx context.Context, name string) (natsjs.Stream, error) {
	stream, err := js.JetStream.Stream(ctx, name)
	return &slowStream{stream, js, 0}, err
}

type slowStream struct {
	natsjs.Stream
	js     *slow
	purges int
}

func (s *slowStream) Info(ctx context.Context, opts ...natsjs.StreamInfoOpt) (*natsjs.StreamInfo, error) {
	s.js.stand("info")
	return s.Stream.Info(ctx, opts...)
}

func (s *slowStream) Purge(ctx context.Context, opts ...natsjs.StreamPurgeOpt) error {
	s.purges++
	s.js.stand("purge " + strconv.Itoa(s.purges))
	return s.Stream.Purge(ctx, opts...)
}

func (js *slow) stand(before string) {
	if js.before == before {
		js.standing <- struct{}{}
		<-js.goOn
	}
}

// A process that drops a layout, and stands still when its progress is gone, removes nothing
// of what another one writes that begins it anew.
func TestOneThatDropsLateRemovesNoNewRows(t *testing.T) {
	for _, before := range []string{"info", "purge 3"} {
		t.Run(before, func(t *testing.T) {
			s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
			last := commit(t, s, "a", added{1}, added{2})
			m := accounts(never)
			first := readmodel.NewRunner(s, a.Target, m)
			stop := run(t, first)
			require.NoError(t, first.Wait(t.Context(), last))
			require.NoError(t, stop())
			_, js := connect(t, 1)
			late := &slow{js, before, make(chan struct{}), make(chan struct{})}
			dropped := make(chan error, 1)
			go func() { dropped <- kvmodel.New(late, a.kv).Drop(t.Context(), m.Layout()) }()
			<-late.standing
			again := readmodel.NewRunner(s, a.Target, m)
			run(t, again)
			require.NoError(t, again.Wait(t.Context(), last))
			close(late.goOn)
			require.NoError(t, <-dropped)
			require.JSONEq(t, `{"position":2,"value":{"sum":3}}`, raw(t, a, "accounts.v3.sums.a"))
		})
	}
}

// A process that dies when it has claimed the progress holds up no other, and older rows are
// removed all the same.
func TestAClaimOfADeadProcessIsTakenOver(t *testing.T) {
	s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
	last := commit(t, s, "a", added{1}, added{2})
	m := accounts(never)
	_, err := a.kv.Put(t.Context(), "accounts.v3.sums.old", []byte(`{"position":1,"value":{"sum":9}}`))
	require.NoError(t, err)
	tx, err := a.Begin(t.Context(), m.Layout())
	require.NoError(t, err)
	require.NoError(t, tx.Create(t.Context(), readmodel.Progress{Owner: "dead"}))
	_, err = a.kv.Put(t.Context(), "accounts.v3.sums.old", []byte(`{"position":1,"value":{"sum":9}}`)) // of one that was late
	require.NoError(t, err)
	_, ok, err := a.Progress(t.Context(), m.Layout())
	require.NoError(t, err)
	require.False(t, ok, "it has not begun")
	r := readmodel.NewRunner(s, a.Target, m)
	run(t, r)
	require.NoError(t, r.Wait(t.Context(), last))
	require.JSONEq(t, `{"position":2,"value":{"sum":3}}`, raw(t, a, "accounts.v3.sums.a"))
	_, err = a.kv.Get(t.Context(), "accounts.v3.sums.old")
	require.ErrorIs(t, err, natsjs.ErrKeyNotFound)
}

func TestParkedEventIsReplayedInRowsThatAreNewer(t *testing.T) {
	s, a := memory.New[string, core.NoMetadata](), newTarget(t, 1)
	commit(t, s, "a", added{1}, added{13}, added{2})
	var healed atomic.Bool
	m := accounts(func(e recorded[added]) error {
		if e.Event.N == 13 && !healed.Load() {
			return errors.New("thirteen")
		}
		return nil
	})
	r := readmodel.NewRunner(s, a.Target, m).ParkAfter(1)
	run(t, r)
	catchUp(t, r)
	require.JSONEq(t, `{"position":3,"value":{"sum":3}}`, raw(t, a, "accounts.v3.sums.a"))
	healed.Store(true)
	require.Eventually(t, func() bool { // the runner may show its sign of life meanwhile
		err := r.Replay(t.Context(), "2")
		return err == nil || errors.Is(err, readmodel.ErrNotParked)
	}, 2*time.Minute, 10*time.Millisecond)
	require.JSONEq(t, `{"position":3,"replayed":[2],"value":{"sum":16}}`, raw(t, a, "accounts.v3.sums.a"))
	require.ErrorIs(t, r.Replay(t.Context(), "2"), readmodel.ErrNotParked)
}

// Two runners of one store in a cluster whose servers restart.
func TestModelInAClusterThatRestarts(t *testing.T) {
	a := newTarget(t, 3)
	nc, _ := connect(t, 3)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{Stream: a.kv.Bucket() + "_EVENTS", Prefix: a.kv.Bucket(), Replicas: 3})
	require.NoError(t, err)
	defer s.Close()
	first := readmodel.NewRunner(s, a.Target, accounts(never)).WithTakeover(time.Second)
	second := readmodel.NewRunner(s, a.again(t).Target, accounts(never)).WithTakeover(time.Second)
	run(t, first)
	run(t, second)
	want := 0
	var last core.Version[uint64]
	for i := range 90 {
		last = commit(t, s, strconv.Itoa(i%3), added{i})
		want += i
		if i%30 == 10 {
			require.NoError(t, cluster.Restart(i/30))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, first.Wait(ctx, last))
	require.NoError(t, second.Wait(ctx, last))
	require.Eventually(t, func() bool { // a replica may lag
		return strings.Contains(raw(t, a, "accounts.v3.sums.all=20of=20them"), `{"sum":`+strconv.Itoa(want)+`}`)
	}, 2*time.Minute, 50*time.Millisecond)
}
