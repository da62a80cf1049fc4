package readmodel_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

// filled returns a target that holds the events of a store.
func filled(t *testing.T, s *store, m *model) *targettest.Memory {
	t.Helper()
	target := targettest.NewMemory()
	commit(t, s, "a", deposited{1})
	r := readmodel.NewRunner(s, target, m)
	stop := runs(t, r)
	catchUp(t, r)
	require.NoError(t, stop())
	return target
}

func requireProgressError(t *testing.T, err, reason error) {
	t.Helper()
	var wrong *readmodel.ProgressError
	require.ErrorAs(t, err, &wrong)
	require.ErrorIs(t, err, reason)
	require.ErrorIs(t, err, core.ErrFinal)
}

func TestTablesOfAnotherStore(t *testing.T) {
	m := balances(1, add)
	target := filled(t, memory.New[string, core.NoMetadata](), m)
	s := memory.New[string, core.NoMetadata]()
	requireProgressError(t, readmodel.NewRunner(s, target, m).Run(t.Context()), readmodel.ErrOtherStore)
	err := readmodel.Wait(t.Context(), s, target, m, commit(t, s, "a", deposited{1}))
	require.ErrorIs(t, err, readmodel.ErrOtherStore)
	require.Equal(t, map[string]string{"a": "1"}, target.Rows(m.Layout(), "balances"))
}

func TestTablesOfOtherKinds(t *testing.T) {
	s := memory.New[string, core.NoMetadata]()
	target := filled(t, s, balances(1, add))
	m := readmodel.Define("balances", 1, readmodel.On(add))
	requireProgressError(t, readmodel.NewRunner(s, target, m).Run(t.Context()), readmodel.ErrOtherLayout)
}

// sameID is another log with the id of the first: a store that lost its end.
type sameID struct {
	*store
	id string
}

func (s sameID) StoreID() string { return s.id }

func TestTablesOfEventsThatTheStoreHasNot(t *testing.T) {
	first, m := memory.New[string, core.NoMetadata](), balances(1, add)
	commit(t, first, "a", deposited{1}, deposited{2})
	target := filled(t, first, m)
	t.Run("another event in its place", func(t *testing.T) {
		s := memory.New[string, core.NoMetadata]()
		commit(t, s, "a", deposited{1}, deposited{2}, deposited{3}, deposited{4})
		requireProgressError(t, readmodel.NewRunner(sameID{s, first.StoreID()}, target, m).Run(t.Context()), readmodel.ErrOtherLog)
	})
	t.Run("beyond the end", func(t *testing.T) {
		s := memory.New[string, core.NoMetadata]()
		commit(t, s, "a", deposited{1})
		requireProgressError(t, readmodel.NewRunner(sameID{s, first.StoreID()}, target, m).Run(t.Context()), readmodel.ErrOtherLog)
	})
	require.Equal(t, map[string]string{"a": "4"}, target.Rows(m.Layout(), "balances"))
}

func TestFunctionThatEndsTheTransactionDamagesTheTables(t *testing.T) {
	fakes.Log(t)
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	commit(t, s, "a", deposited{1})
	m := balances(1, func(ctx context.Context, tx tx, e recorded[deposited]) error {
		defer tx.End()
		return add(ctx, tx, e)
	})
	requireProgressError(t, readmodel.NewRunner(s, target, m).Run(t.Context()), readmodel.ErrDamaged)
	requireProgressError(t, readmodel.NewRunner(s, target, balances(1, add)).Run(t.Context()), readmodel.ErrDamaged)
	require.Equal(t, map[string]string{"a": "1"}, target.Rows(m.Layout(), "balances"), "not applied twice")
}

func TestNamesThatAreNoIdentifiers(t *testing.T) {
	s, target := memory.New[string, core.NoMetadata](), targettest.NewMemory()
	for _, name := range []string{"", "Orders", "1st", "a-b", `a"b`, "a b", "a.b", "orders_v2", "a_v1_b", "abcdefghijklmnopqrstuvwxyzabcdefghi"} {
		m := readmodel.Define(name, 1, readmodel.On(add))
		require.ErrorIs(t, readmodel.NewRunner(s, target, m).Run(t.Context()), core.ErrName, "%q", name)
		require.ErrorIs(t, readmodel.Wait(t.Context(), s, target, m), core.ErrName)
	}
	require.ErrorIs(t, readmodel.NewRunner(s, target, readmodel.Define("orders", 0, readmodel.On(add))).Run(t.Context()), core.ErrName)
	fakes.Log(t)
	commit(t, s, "a", deposited{1})
	m := readmodel.Define("orders", 1, readmodel.On(func(_ context.Context, tx tx, _ recorded[deposited]) error {
		tx.Set("x; DROP", "a", "b")
		return nil
	}))
	err := quick(readmodel.NewRunner(s, target, m)).Run(t.Context())
	var failed *readmodel.EventError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, core.ErrName)
}

func TestWaitInAnotherProcess(t *testing.T) {
	s, target, m := memory.New[string, core.NoMetadata](), targettest.NewMemory(), balances(1, add)
	v := commit(t, s, "a", deposited{1})
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, readmodel.Wait(waiting, s, target, m, v), context.DeadlineExceeded)
	runs(t, readmodel.NewRunner(s, target, m))
	require.NoError(t, readmodel.Wait(t.Context(), s, target, m, v))
	require.Equal(t, "1", target.Rows(m.Layout(), "balances")["a"])
	require.NoError(t, readmodel.Wait(t.Context(), s, target, m, commit(t, s, "a", other{})), "an event without a function")
	require.ErrorIs(t, readmodel.Wait(t.Context(), s, target, m, core.At(uint64(99))), core.ErrBeyondEnd)
}

func TestNewVersionIsFilledBesideAndPromoted(t *testing.T) {
	s := memory.New[string, core.NoMetadata]()
	one, two := balances(1, add), balances(2, add)
	target := filled(t, s, one)
	require.ErrorIs(t, readmodel.Promote(t.Context(), s, target, two, 0), readmodel.ErrNoProgress)
	require.NoError(t, readmodel.Promote(t.Context(), s, target, one, 0))
	r := readmodel.NewRunner(s, target, two)
	stop := runs(t, r)
	catchUp(t, r)
	require.Equal(t, target.Rows(one.Layout(), "balances"), target.Rows(two.Layout(), "balances"))
	require.NoError(t, stop())
	commit(t, s, "a", deposited{1}, deposited{1})
	require.ErrorIs(t, readmodel.Promote(t.Context(), s, target, two, 1), readmodel.ErrNotReady)
	require.NoError(t, readmodel.Promote(t.Context(), s, target, two, 2))
	serving, err := target.Promoted(t.Context(), "balances")
	require.NoError(t, err)
	require.Equal(t, 2, serving)
	require.ErrorIs(t, readmodel.Drop(t.Context(), target, two.Layout()), readmodel.ErrServing)

	running := readmodel.NewRunner(s, target, one)
	stop = runs(t, running)
	catchUp(t, running)
	require.NoError(t, readmodel.Drop(t.Context(), target, one.Layout()))
	commit(t, s, "a", deposited{1})
	eventually(t, "stopped", func() bool { h, _ := running.Health(t.Context()); return h.State == core.RunnerStopped })
	requireProgressError(t, stop(), readmodel.ErrDropped)
	require.Empty(t, target.Rows(one.Layout(), "balances"))
}
