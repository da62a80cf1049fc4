package readmodel_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

func TestEventsAreAppliedFromHistoryAndLive(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", opened{"ada"}, deposited{1}, other{}, deposited{2})
	m := balances(1, add)
	r := readmodel.NewRunner(s, target, m)
	stop := runs(t, r)
	catchUp(t, r)
	require.Equal(t, map[string]string{"a": "3"}, target.Rows(m.Layout(), "balances"))
	require.NoError(t, r.Wait(t.Context(), commit(t, s, "a", deposited{4})))
	require.Equal(t, map[string]string{"a": "7"}, target.Rows(m.Layout(), "balances"))
	require.Equal(t, map[string]string{"a": "ada"}, target.Rows(m.Layout(), "owners"))
	require.NoError(t, r.Wait(t.Context(), commit(t, s, "a", other{})), "an event without a function")
	require.NoError(t, stop())
	require.ErrorIs(t, r.Wait(t.Context(), commit(t, s, "a", deposited{4})), core.ErrStopped)
}

func TestAnEventThatIsSeveralTodayIsAppliedWhole(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", bonus{5})
	var calls atomic.Int32
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if calls.Add(1) == 2 {
			return errors.New("once")
		}
		return add(ctx, tx, e)
	})
	r := quick(readmodel.NewRunner(s, target, m))
	runs(t, r)
	catchUp(t, r)
	require.Equal(t, map[string]string{"a": "10"}, target.Rows(m.Layout(), "balances"))
	require.EqualValues(t, 4, calls.Load())
}

// Runners come and go at random, two at a time, and none of them tidies up.
func TestEachEventIsAppliedOnceWhateverEndsRunners(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	m := balances(1, add)
	want := make(map[string]int)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				dying, kill := context.WithTimeout(ctx, time.Duration(rand.IntN(30))*time.Millisecond)
				r := readmodel.NewRunner(s, &dies{Memory: target, ctx: dying}, m).WithTakeover(20*time.Millisecond).WithBatch(1+rand.IntN(20), time.Millisecond)
				_ = r.Run(dying)
				kill()
			}
		})
	}
	for i := range 3000 {
		id := strconv.Itoa(i % 7)
		commit(t, s, id, deposited{i})
		want[id] += i
		if i%50 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	cancel()
	all.Wait()
	r := quick(readmodel.NewRunner(s, target, m))
	runs(t, r)
	catchUp(t, r)
	for id, n := range want {
		require.Equal(t, strconv.Itoa(n), target.Rows(m.Layout(), "balances")[id])
	}
}

// dies is a target that a process cannot reach any more once it has been killed.
type dies struct {
	*targettest.Memory
	ctx context.Context
}

func (d *dies) Begin(ctx context.Context, l readmodel.Layout) (readmodel.Transaction[tx], error) {
	if d.ctx.Err() != nil {
		return nil, d.ctx.Err()
	}
	return d.Memory.Begin(ctx, l)
}

func TestOneOfTwoRunnersWorks(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	var calls [2]atomic.Int32
	var runners [2]*runner
	var stops [2]func() error
	for i := range runners {
		m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
			calls[i].Add(1)
			return add(ctx, tx, e)
		})
		runners[i] = readmodel.NewRunner(s, target, m).WithTakeover(time.Second)
		stops[i] = runs(t, runners[i])
		eventually(t, "begun", func() bool { h, _ := runners[i].Health(t.Context()); return h.State != core.RunnerNew })
	}
	for range 100 {
		v := commit(t, s, "a", deposited{1})
		require.NoError(t, runners[0].Wait(t.Context(), v))
	}
	require.NoError(t, runners[1].CatchUp(t.Context()), "a runner that waits knows of the progress of the other")
	require.EqualValues(t, 100, calls[0].Load())
	require.EqualValues(t, 0, calls[1].Load())
	h, err := runners[1].Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, core.RunnerWaiting, h.State)
	require.NoError(t, stops[0]())
	require.NoError(t, runners[1].Wait(t.Context(), commit(t, s, "a", deposited{1})))
	require.EqualValues(t, 1, calls[1].Load())
	require.Equal(t, map[string]string{"a": "101"}, target.Rows(runners[1].Layout(), "balances"))
}

func TestFailingEventStopsTheRunnerAfterThoseBefore(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1}, deposited{2}, deposited{13}, deposited{4})
	var calls atomic.Int32
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if e.Event.Amount == 13 {
			calls.Add(1)
			return tx.Fail()
		}
		return add(ctx, tx, e)
	})
	err := quick(readmodel.NewRunner(s, target, m)).StopAfter(3).Run(t.Context())
	var failed *readmodel.EventError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "3", failed.Position)
	require.Equal(t, 3, failed.Attempts)
	require.EqualValues(t, 3, calls.Load())
	require.Equal(t, map[string]string{"a": "3"}, target.Rows(m.Layout(), "balances"))
}

func TestParkedEventIsReplayed(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1}, deposited{13}, deposited{4})
	var healed atomic.Bool
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if e.Event.Amount == 13 && !healed.Load() {
			panic("thirteen")
		}
		return add(ctx, tx, e)
	})
	r := quick(readmodel.NewRunner(s, target, m)).ParkAfter(2)
	runs(t, r)
	catchUp(t, r)
	require.Equal(t, "5", target.Rows(m.Layout(), "balances")["a"])
	parked, err := r.Parked(t.Context())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Equal(t, "2", parked[0].Position)
	require.Equal(t, "panic: thirteen", parked[0].Reason)
	require.Error(t, r.Replay(t.Context(), "2"))
	healed.Store(true)
	require.NoError(t, r.Replay(t.Context(), "2"))
	require.ErrorIs(t, r.Replay(t.Context(), "2"), readmodel.ErrNotParked)
	require.Equal(t, "18", target.Rows(m.Layout(), "balances")["a"])
}

func TestPermanentErrorIsNotTriedAgain(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1})
	m := balances(1, func(context.Context, tx, recorded[deposited]) error { return readmodel.Permanent(errors.New("no")) })
	var failed *readmodel.EventError
	require.ErrorAs(t, readmodel.NewRunner(s, target, m).Run(t.Context()), &failed)
	require.Equal(t, 1, failed.Attempts)
}

func TestUnavailableDatabaseIsNoFaultOfTheEvent(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1})
	var calls atomic.Int32
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if calls.Add(1) < 4 {
			return fmt.Errorf("write: %w", targettest.ErrBusy)
		}
		return add(ctx, tx, e)
	})
	r := quick(readmodel.NewRunner(s, target, m)).StopAfter(1)
	runs(t, r)
	catchUp(t, r)
	require.Equal(t, "1", target.Rows(m.Layout(), "balances")["a"])
}

func TestOutageOfTheStoreIsWaitedOut(t *testing.T) {
	fakes.Log(t)
	s := fakes.NewOutage(memory.New[string, core.NoMetadata]())
	target, m := targettest.NewMemory(), balances(1, add)
	commit(t, s, "a", deposited{1})
	r := readmodel.NewRunner(s, target, m)
	runs(t, r)
	catchUp(t, r)
	s.Begin()
	eventually(t, "failing", func() bool { h, _ := r.Health(t.Context()); return h.State == core.RunnerFailing })
	s.End()
	require.NoError(t, r.Wait(t.Context(), commit(t, s, "a", deposited{2})))
	require.Equal(t, "3", target.Rows(m.Layout(), "balances")["a"])
}

func TestBatchesAreBounded(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	for range 25 {
		commit(t, s, "a", deposited{1}, deposited{1}, deposited{1}, deposited{1})
	}
	var before tx
	var size, most int
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if tx != before {
			before, size = tx, 0
		}
		size++
		most = max(most, size)
		return add(ctx, tx, e)
	})
	r := readmodel.NewRunner(s, target, m).WithBatch(10, 10*time.Second)
	runs(t, r)
	catchUp(t, r)
	require.Equal(t, 10, most)
	require.Equal(t, "100", target.Rows(m.Layout(), "balances")["a"])
}

func TestLagIsOfTheModelsEvents(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	m := balances(1, add)
	r := readmodel.NewRunner(s, target, m)
	commit(t, s, "a", deposited{1}, other{}, other{})
	h, err := r.Health(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, h.Lag)
	require.Positive(t, h.Behind)
	require.Equal(t, core.RunnerNew, h.State)
	runs(t, r)
	catchUp(t, r)
	h, err = r.Health(t.Context())
	require.NoError(t, err)
	require.Zero(t, h.Lag)
	require.Zero(t, h.Behind)
	require.Equal(t, core.RunnerWorking, h.State)
}

// A function that hides the error of a statement spoils the transaction of its batch.
func TestEventThatSpoilsItsTransactionIsFound(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1}, deposited{13}, deposited{4}, deposited{5})
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if e.Event.Amount == 13 {
			_ = tx.Fail()
			return nil
		}
		return add(ctx, tx, e)
	})
	r := quick(readmodel.NewRunner(s, target, m)).ParkAfter(2)
	runs(t, r)
	catchUp(t, r)
	require.Equal(t, "10", target.Rows(m.Layout(), "balances")["a"])
	parked, err := r.Parked(t.Context())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Equal(t, "2", parked[0].Position)
}

func TestFailureAfterAFunctionEndedTheTransaction(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1}, deposited{13})
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		if e.Event.Amount == 13 {
			return errors.New("no")
		}
		defer tx.End()
		return add(ctx, tx, e)
	})
	requireProgressError(t, readmodel.NewRunner(s, target, m).Run(t.Context()), readmodel.ErrDamaged)
	require.Equal(t, "1", target.Rows(m.Layout(), "balances")["a"])
}

// gated is a target whose process can be paused before a transaction.
type gated struct {
	*targettest.Memory
	paused sync.Mutex
}

func (g *gated) Begin(ctx context.Context, l readmodel.Layout) (readmodel.Transaction[tx], error) {
	g.paused.Lock()
	defer g.paused.Unlock()
	return g.Memory.Begin(ctx, l)
}

// A runner that was paused, and has its batch still, goes on after it was replaced.
func TestReplacedRunnerWritesNothing(t *testing.T) {
	s, m := memory.New[string, core.NoMetadata](), balances(1, add)
	target := &gated{Memory: targettest.NewMemory()}
	first := quick(readmodel.NewRunner(s, target, m))
	runs(t, first)
	require.NoError(t, first.Wait(t.Context(), commit(t, s, "a", deposited{1})))
	target.paused.Lock()
	v := commit(t, s, "a", deposited{2})
	second := quick(readmodel.NewRunner(s, target.Memory, m))
	runs(t, second)
	require.NoError(t, second.Wait(t.Context(), v))
	target.paused.Unlock()
	eventually(t, "waiting", func() bool { h, _ := first.Health(t.Context()); return h.State == core.RunnerWaiting })
	require.NoError(t, second.Wait(t.Context(), commit(t, s, "a", deposited{4})))
	require.Equal(t, "7", target.Rows(m.Layout(), "balances")["a"])
}
