package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

type (
	plainRecorded = core.Recorded[deposited, string, uint64, core.NoMetadata]
	plainWorker   = reactor.Worker[string, uint64, core.NoMetadata]
	plainReactor  = reactor.Reactor[string, uint64, core.NoMetadata]
)

// runners are live projections and workers of every kind.
type runners struct {
	store  *plainStore
	leases *jetstream.Leases

	mu  sync.Mutex
	all map[string]func(ctx context.Context) error // that waits until it has caught up
	got map[string][]int
}

// receipts is a reactor that notes which deposits it has reacted to.
func (r *runners) receipts(name string) *plainReactor {
	return reactor.Define(name, reactor.On(func(_ context.Context, e plainRecorded) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got[name] = append(r.got[name], e.Event.Amount)
		return nil
	}))
}

// begin starts one runner of each kind, which must go on until the test ends.
func (r *runners) begin(t *testing.T, when string) {
	sum := projection.Define("sum", projection.On(func(n *int, e plainRecorded) { *n += e.Event.Amount }))
	for kind, with := range map[string]func(*plainWorker) *plainWorker{
		"plain":   func(w *plainWorker) *plainWorker { return w },
		"lease":   func(w *plainWorker) *plainWorker { return w.WithLeases(r.leases) },
		"parking": func(w *plainWorker) *plainWorker { return w.ParkAfter(2) },
	} {
		w := with(reactor.NewWorker(r.store, r.receipts(when+"-"+kind)))
		r.run(t, when+"-"+kind, w.Run, w.CatchUp)
	}
	for kind, p := range map[string]*projection.Projection[int, string, uint64, core.NoMetadata]{
		"live": sum, "live of one aggregate": sum.Of(account("a")),
	} {
		live := projection.NewLive(r.store, p)
		r.run(t, when+"-"+kind, live.Run, live.CatchUp)
	}
}

func (r *runners) run(t *testing.T, name string, run, caughtUp func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended, "%s", name)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[name] = func(ctx context.Context) error {
		err := caughtUp(ctx)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return err
	}
}

// Runners of every kind go on after an outage that is longer than every timeout, those
// that ran before and those that began during it. With a long form.
func TestRunnersOutlastAnOutage(t *testing.T) {
	t.Parallel()
	outages := []time.Duration{time.Second, 4 * time.Second}
	if soak(0, 1) > 0 {
		outages = []time.Duration{time.Second, 12 * time.Second, 90 * time.Second, 5 * time.Minute}
	}
	for _, away := range outages {
		t.Run(away.String(), func(t *testing.T) {
			t.Parallel()
			dir, srv := t.TempDir(), new(restarted)
			srv.start(t, dir)
			t.Cleanup(func() { srv.close(t) })
			nc, err := nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
				nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
			require.NoError(t, err)
			t.Cleanup(nc.Close)
			s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{Timeout: time.Second, AckWait: 500 * time.Millisecond})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{TTL: time.Second})
			require.NoError(t, err)
			deposit := func(n int) {
				_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{n}}, core.NoMetadata{})
				require.NoError(t, err)
			}
			r := &runners{store: s, leases: leases, all: make(map[string]func(context.Context) error), got: make(map[string][]int)}
			deposit(1)
			r.begin(t, "before")
			for _, caughtUp := range r.all {
				require.NoError(t, caughtUp(t.Context()))
			}
			srv.close(t)
			r.begin(t, "during")
			time.Sleep(away)
			srv.start(t, dir)
			eventually(t, nc.IsConnected, "the client comes back")
			back := time.Now()
			deposit(2)
			for _, caughtUp := range r.all {
				for err = core.ErrUnavailable; err != nil; err = caughtUp(t.Context()) {
					require.ErrorIs(t, err, core.ErrUnavailable)
				}
			}
			t.Logf("%d runners had caught up %v after the client had come back from an outage of %v", len(r.all), time.Since(back), away)
			r.mu.Lock()
			defer r.mu.Unlock()
			for name, got := range r.got {
				require.Contains(t, [][]int{{1, 2}, {1, 1, 2}}, got, "%s", name) // the checkpoint may have been lost
				require.False(t, len(got) == 3 && strings.HasPrefix(name, "during"), "%s: %v", name, got)
			}
		})
	}
}

type printed struct{ Text string }

func (printed) EventKind() string { return "printed" }

// refusals is a store that says when it was found full.
type refusals struct {
	*plainStore
	once sync.Once
	full chan struct{}
}

func (r *refusals) Commit(ctx context.Context, commits ...plainCommit) ([]core.Committed[string, uint64, core.NoMetadata], error) {
	committed, err := r.plainStore.Commit(ctx, commits...)
	if errors.Is(err, jetstream.ErrStoreFull) {
		r.once.Do(func() { close(r.full) })
	}
	return committed, err
}

// A store that is full is no fault of the events that a worker reacts to.
func TestFullStoreParksNothing(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	cfg.MaxBytes = 64 << 10
	s := openWith[string, core.NoMetadata](t, cfg)
	const inputs = 8
	for n := range inputs {
		_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(n)), []core.Event{deposited{n}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	printer := reactor.Define("printer", reactor.Produce(func(_ context.Context, e plainRecorded) ([]plainCommit, error) {
		return []plainCommit{{Key: core.Key[string]{Kind: "sheet", ID: fmt.Sprint(e.Event.Amount)}, Events: []core.Event{printed{strings.Repeat("x", 15<<10)}}}}, nil
	}))
	refused := &refusals{plainStore: s, full: make(chan struct{})}
	w := reactor.NewWorker(refused, printer).ParkAfter(1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-refused.full
	js := jetStream(t, connect(t, 1))
	stream, err := js.Stream(t.Context(), cfg.Stream)
	require.NoError(t, err)
	larger := stream.CachedInfo().Config
	larger.MaxBytes = 1 << 20
	_, err = js.UpdateStream(t.Context(), larger)
	require.NoError(t, err)
	require.NoError(t, w.CatchUp(t.Context()))
	parked, err := w.Parked(t.Context())
	require.NoError(t, err)
	require.Empty(t, parked)
	require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "printed"}), inputs)
	cancel()
	require.NoError(t, <-ended)
}
