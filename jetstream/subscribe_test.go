package jetstream_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// follower collects what a subscription yields.
type follower struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	events []plainEvent
	err    error
}

func follow(s *plainStore, filters ...core.Filter[string, uint64]) *follower {
	ctx, cancel := context.WithCancel(context.Background())
	f := &follower{cancel: cancel}
	f.done.Go(func() {
		for e, err := range s.Subscribe(ctx, filters...) {
			f.mu.Lock()
			if err != nil {
				f.err = err
			} else {
				f.events = append(f.events, e)
			}
			f.mu.Unlock()
		}
	})
	return f
}

func (f *follower) at() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) == 0 {
		return 0
	}
	return f.events[len(f.events)-1].Position
}

// saw waits until the subscription has come to the end of log, and checks that it
// has yielded just that.
func (f *follower) saw(t testing.TB, log []plainEvent) {
	t.Helper()
	require.NotEmpty(t, log)
	last := log[len(log)-1].Position
	eventually(t, func() bool { return f.at() >= last }, fmt.Sprintf("the subscription comes to %d", last))
	f.stop(t)
	require.Equal(t, len(log), len(f.events))
	for i, e := range f.events {
		require.Equal(t, log[i], e)
	}
}

func (f *follower) stop(t testing.TB) {
	t.Helper()
	f.cancel()
	f.done.Wait()
	require.NoError(t, f.err)
}

func TestSubscriptionSurvivesDeletedConsumer(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d replicas", replicas), func(t *testing.T) {
			cfg := fresh(replicas)
			cfg.Logger = slog.New(slog.DiscardHandler)
			s := openWith[string, core.NoMetadata](t, cfg)
			stream := streamOf(t, connect(t, replicas), cfg.Stream)
			all := follow(s, core.Filter[string, uint64]{})
			kind := follow(s, core.Filter[string, uint64]{EventKind: deposited{}.EventKind()})
			one := follow(s, of(account("a")))
			for i := range 30 {
				_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint("abc"[i%3:i%3+1])), []core.Event{opened{"x"}, deposited{i}}, core.NoMetadata{})
				require.NoError(t, err)
				if i%10 == 5 {
					for name := range stream.ConsumerNames(t.Context()).Name() {
						// It may be gone already: the subscription replaces what fails.
						_ = stream.DeleteConsumer(t.Context(), name)
					}
				}
			}
			all.saw(t, load(t, s, core.Filter[string, uint64]{}))
			kind.saw(t, load(t, s, core.Filter[string, uint64]{EventKind: deposited{}.EventKind()}))
			one.saw(t, load(t, s, of(account("a"))))
			eventually(t, func() bool { return streamInfo(t, connect(t, replicas), cfg.Stream).State.Consumers == 0 }, "no consumer is left")
		})
	}
}

func TestSubscriptionSurvivesLostConnections(t *testing.T) {
	w := newProxy(1)
	cfg := fresh(1)
	cfg.Logger = slog.New(slog.DiscardHandler)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), w.connect(t), cfg)
	require.NoError(t, err)
	defer s.Close()
	writer := openWith[string, core.NoMetadata](t, cfg)
	f := follow(s, core.Filter[string, uint64]{})
	for i := range 100 {
		_, err := core.CommitEvents(t.Context(), writer, account("a"), []core.Event{deposited{i}}, core.NoMetadata{})
		require.NoError(t, err)
		if i%20 == 10 {
			w.cutAll()
		}
	}
	f.saw(t, load(t, writer, core.Filter[string, uint64]{}))
}

// followTraffic lets subscriptions run beside traffic while trouble is made, and
// compares what they saw with the log in the end.
func followTraffic(t *testing.T, tr *traffic, trouble func()) {
	t.Helper()
	rng := randomly(t)
	tr.start(t, rng, 4, 0)
	tr.goesOn(t, 20)
	key := account("1")
	filters := [][]core.Filter[string, uint64]{
		{{}},
		{{EventKind: noted{}.EventKind()}},
		{{Aggregate: &key}},
		{{EventKind: also{}.EventKind()}, {Aggregate: &key}},
	}
	var followers []*follower
	for _, f := range filters {
		followers = append(followers, follow(tr.open(t), f...))
	}
	trouble()
	tr.goesOn(t, 40)
	close(tr.done)
	tr.all.Wait()
	s := tr.open(t)
	for i, f := range followers {
		f.saw(t, load(t, s, filters[i]...))
	}
	v := tr.check(t, load(t, s, core.Filter[string, uint64]{}), tr.gaps(t, s)...)
	t.Logf("%v", v)
}

func TestSubscriptionSurvivesRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := &restarted{}
	srv.start(t, dir)
	defer srv.close(t)
	cfg := jetstream.Config{AckWait: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	tr := &traffic{cfg: cfg, servers: srv, timeout: 20 * time.Second}
	followTraffic(t, tr, func() {
		for range 3 {
			tr.goesOn(t, 40)
			srv.close(t)
			srv.start(t, dir)
		}
	})
}

func TestSubscriptionSurvivesLeaderChanges(t *testing.T) {
	t.Parallel()
	servers, err := embedded.StartCluster(3, embedded.Config{})
	require.NoError(t, err)
	defer servers.Close()
	watcher, err := nats.Connect("", nats.InProcessServer(servers), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	require.NoError(t, err)
	defer watcher.Close()
	cfg := jetstream.Config{Replicas: 3, AckWait: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	tr := &traffic{cfg: cfg, servers: servers, timeout: 30 * time.Second}
	followTraffic(t, tr, func() {
		for i := range soak(1, 3) {
			tr.goesOn(t, 100)
			_, err := watcher.Request("$JS.API.STREAM.LEADER.STEPDOWN.EVENTS", nil, 5*time.Second)
			require.NoError(t, err)
			tr.goesOn(t, 100)
			require.NoError(t, servers.Server(i).Close())
			tr.goesOn(t, 100)
			require.NoError(t, servers.Restart(i))
		}
	})
}

func TestSlowLoopHoldsLittle(t *testing.T) {
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	nc := connect(t, 1)
	reader, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer reader.Close()
	const batches, each = 40, 500
	version := core.Version[uint64]{}
	for i := range batches {
		at, err := core.CommitEventsOptimistic(t.Context(), s, account("a"), version, notes(fmt.Sprint(i), each), core.NoMetadata{})
		require.NoError(t, err)
		version = core.At(at)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := 0
	before := nc.Stats().InMsgs
	for _, err := range reader.Subscribe(ctx, core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		if seen++; seen == 1 {
			// Nothing signals that no more comes, but the rest would come at once.
			after := nc.Stats().InMsgs
			require.Never(t, func() bool { return nc.Stats().InMsgs-before > 3000 }, 500*time.Millisecond, 10*time.Millisecond,
				"of %d events few come before they are wanted; %d at first", batches*each, after-before)
		}
		if seen == batches*each {
			cancel()
		}
	}
	require.Equal(t, batches*each, seen)
}

func TestSubscriptionEndsWhenTheStreamIsRecreated(t *testing.T) {
	cfg := fresh(1)
	cfg.Logger = slog.New(slog.DiscardHandler)
	s := openWith[string, core.NoMetadata](t, cfg)
	for i := range 5 {
		_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{i}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, err := range s.Subscribe(ctx, core.Filter[string, uint64]{After: core.At[uint64](6)}) {
		require.ErrorIs(t, err, core.ErrBeyondEnd)
	}
	require.NoError(t, ctx.Err())

	js := jetStream(t, connect(t, 1))
	f := follow(s, core.Filter[string, uint64]{})
	eventually(t, func() bool { return f.at() == 5 }, "the subscription comes to 5")
	require.NoError(t, js.DeleteStream(t.Context(), cfg.Stream))
	again := openWith[string, core.NoMetadata](t, cfg)
	for i := range 9 {
		_, err := core.CommitEvents(t.Context(), again, account("a"), []core.Event{deposited{i}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	f.done.Wait()
	require.Error(t, f.err)
	require.Len(t, f.events, 5)
	require.NotEqual(t, s.StoreID(), again.StoreID())
}
