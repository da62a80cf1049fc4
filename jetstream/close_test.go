package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// promptly fails the test if f does not return: a store's Close must not leave
// anybody waiting for the end of a timeout.
func promptly(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s did not end", what)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		w := newWire(replicas)
		cfg := fresh(replicas) // patient: nothing ends by itself
		cfg.AckWait = time.Minute
		nc := w.connect(t)
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
		require.NoError(t, err)
		_, err = core.CommitEvents(t.Context(), s, account("a"), notes("before", 3), core.NoMetadata{})
		require.NoError(t, err)
		before := goleak.IgnoreCurrent()

		w.loses(everything)
		var calls sync.WaitGroup
		errs := make(chan error, 100)
		for i := range 5 {
			calls.Go(func() {
				_, err := core.CommitEventsOptimistic(t.Context(), s, account(fmt.Sprint("o", i)), core.Version[uint64]{}, notes("cut off", 1+i%2), core.NoMetadata{})
				errs <- err
			})
			calls.Go(func() {
				_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint("u", i)), notes("cut off", 1+i%2), core.NoMetadata{})
				errs <- err
			})
			for _, f := range []core.Filter[string, uint64]{of(account("a")), {}, {EventKind: "noted"}} {
				calls.Go(func() {
					for _, err := range s.LoadEvents(t.Context(), f) {
						errs <- err
					}
				})
			}
		}
		eventually(t, func() bool { return nc.Stats().OutMsgs > 20 }, "calls are under way")
		promptly(t, "Close", func() { require.NoError(t, s.Close()) })
		promptly(t, "what was under way", calls.Wait)
		close(errs)
		n := 0
		for err := range errs {
			n++
			require.ErrorIs(t, err, core.ErrClosed, "also where the outcome is unknown")
			require.NotErrorIs(t, err, core.ErrConflict)
		}
		require.Equal(t, 25, n)
		require.NoError(t, goleak.Find(before), "nothing of the store is left")

		w.loses(nil)
		require.NoError(t, nc.Flush(), "the connection is the caller's")
		again, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
		require.NoError(t, err)
		defer again.Close()
		require.Len(t, load(t, again, of(account("a"))), 3)
	}
}

func TestCloseUnderLoadEndsPromptly(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		cfg := fresh(replicas)
		cfg.Memory = true
		nc := connect(t, replicas)
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
		require.NoError(t, err)
		l := &ledger{}
		var calls sync.WaitGroup
		started := make(chan struct{}, 1000)
		for i := range 8 {
			calls.Go(func() {
				for n := 0; ; n++ {
					_, err := l.one(t.Context(), s, fmt.Sprintf("%d/%d", i, n), account(fmt.Sprint(i%3)), nil, 1+n%3)
					if err != nil {
						requireClosed(t, err)
						return
					}
					select {
					case started <- struct{}{}:
					default:
					}
				}
			})
			calls.Go(func() {
				for {
					for _, err := range s.LoadEvents(t.Context(), of(account(fmt.Sprint(i%3))), core.Filter[string, uint64]{EventKind: "noted"}) {
						if err != nil {
							requireClosed(t, err)
							return
						}
					}
				}
			})
		}
		for range 40 {
			<-started
		}
		promptly(t, "Close", func() { require.NoError(t, s.Close()) })
		promptly(t, "what was under way", calls.Wait)
		// What was on its way over this connection comes before what is sent now.
		again, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
		require.NoError(t, err)
		defer again.Close()
		_, err = l.one(t.Context(), again, "after", account("after"), nil, 3)
		require.NoError(t, err)
		v := l.check(t, readLog(t, nc, cfg))
		require.Equal(t, 8, v.unknown+v.other)
	}
}

func requireClosed(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, core.ErrClosed) {
		t.Errorf("%v is not of a closed store", err)
	}
}

func TestAClosedStoreRefusesEverything(t *testing.T) {
	nc := connect(t, 1)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, fresh(1))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice is no mistake")
	id := s.StoreID()
	require.NotEmpty(t, id)

	ctx := context.Background()
	_, err = core.CommitEvents(ctx, s, account("a"), notes("late", 1), core.NoMetadata{})
	require.ErrorIs(t, err, core.ErrClosed)
	require.NotErrorIs(t, err, core.ErrUnknownOutcome)
	_, err = core.CommitEventsOptimistic(ctx, s, account("a"), core.Version[uint64]{}, notes("late", 2), core.NoMetadata{})
	require.ErrorIs(t, err, core.ErrClosed)
	_, err = s.Commit(ctx, plainCommit{Key: account("a"), Events: notes("late", 1)})
	require.ErrorIs(t, err, core.ErrClosed)
	_, err = s.Version(ctx, account("a"))
	require.ErrorIs(t, err, core.ErrClosed)
	_, err = s.LatestVersion(ctx)
	require.ErrorIs(t, err, core.ErrClosed)
	_, err = s.Resolve(ctx, &jetstream.UnknownOutcomeError{CommitID: "A", Parts: []jetstream.UnknownPart{{Aggregate: "a", Count: 1}}})
	require.ErrorIs(t, err, core.ErrClosed)
	require.ErrorIs(t, err, core.ErrUnknownOutcome, "closing answers no question")
	n := 0
	for _, err := range s.LoadEvents(ctx, of(account("a"))) {
		require.ErrorIs(t, err, core.ErrClosed)
		n++
	}
	require.Equal(t, 1, n)
	require.True(t, nc.IsConnected())
}

func TestAConnectionThatIsClosedFirstIsTold(t *testing.T) {
	nc := connect(t, 1)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, fresh(1))
	require.NoError(t, err)
	nc.Close()
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("late", 1), core.NoMetadata{})
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
	require.NotErrorIs(t, err, core.ErrUnknownOutcome)
	for _, err := range s.LoadEvents(t.Context(), of(account("a"))) {
		require.ErrorIs(t, err, nats.ErrConnectionClosed)
	}
	promptly(t, "Close", func() { require.NoError(t, s.Close()) })
}

func TestAConnectionThatIsDrainedIsLeftInPeace(t *testing.T) {
	for _, drained := range []bool{false, true} {
		nc := connect(t, 1)
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, fresh(1))
		require.NoError(t, err)
		require.NoError(t, nc.Drain())
		if drained {
			eventually(t, func() bool { return nc.NumSubscriptions() == 0 }, "the store's subscription is gone")
		}
		promptly(t, "Close", func() { require.NoError(t, s.Close()) })
	}
}
