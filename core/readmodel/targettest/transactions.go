package targettest

import (
	"context"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
)

func (r *rules[Tx]) transactions() []suite.Rule {
	return []suite.Rule{
		{Name: "what is committed is seen by others, rows and progress", Check: func(t *testing.T) {
			target := r.begun(t)
			r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) { r.save(t, ctx, tx, "2", "x") })
			again := r.Again(t, target)
			requirePosition(t, again, one, "2")
			r.requireRow(t, again, one, "x")
		}},
		{Name: "a function reads what was written before in its transaction", Check: func(t *testing.T) {
			target := r.begun(t)
			r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
				r.save(t, ctx, tx, "2", "x")
				value, err := r.Get(ctx, tx.Tx(), "a")
				require.NoError(t, err)
				require.Equal(t, "x", value)
			})
		}},
		{Name: "what is rolled back was not done", Check: func(t *testing.T) {
			target := r.begun(t)
			r.rolledBack(t, target, func(ctx context.Context, tx readmodel.Transaction[Tx]) {})
		}},
		{Name: "what is rolled back after a failed statement was not done", Check: func(t *testing.T) {
			target := r.begun(t)
			r.rolledBack(t, target, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
				require.Error(t, r.Fail(ctx, tx.Tx()))
			})
		}},
		{Name: "nothing is seen before it is committed", Check: func(t *testing.T) {
			target := r.begun(t)
			r.rolledBack(t, target, func(context.Context, readmodel.Transaction[Tx]) {
				again := r.Again(t, target)
				requirePosition(t, again, one, "1")
				r.requireRow(t, again, one, "first")
			})
		}},
		{Name: "nothing is committed after the context has ended", Check: r.afterItsContext},
		{Name: "of two that lock progress one waits or fails", Check: r.locks},
		{Name: "a transaction that a function has ended is an error", Check: r.endedByFunction},
	}
}

// rolledBack checks that what a transaction does is undone.
func (r *rules[Tx]) rolledBack(t *testing.T, target readmodel.Target[Tx], meanwhile func(context.Context, readmodel.Transaction[Tx])) {
	t.Helper()
	ctx := ruleContext(t)
	tx, err := target.Begin(ctx, one)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	r.save(t, ctx, tx, "2", "x")
	meanwhile(ctx, tx)
	require.NoError(t, tx.Rollback())
	require.NoError(t, tx.Rollback(), "again")
	requirePosition(t, target, one, "1")
	r.requireRow(t, target, one, "first")
}

// locks has two transactions count in turn: none may count on what it read before the
// other one had committed.
func (r *rules[Tx]) locks(t *testing.T) {
	target := r.begun(t)
	ctx := ruleContext(t)
	first, err := target.Begin(ctx, one)
	require.NoError(t, err)
	p, _, err := first.Lock(ctx)
	require.NoError(t, err)
	second := make(chan error, 1)
	again := r.Again(t, target)
	started := make(chan struct{})
	go func() {
		close(started)
		second <- func() error {
			tx, err := again.Begin(ctx, one)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			p, _, err := tx.Lock(ctx)
			if err != nil {
				return err
			}
			p.Beat++
			if err := tx.Save(ctx, p); err != nil {
				return err
			}
			return tx.Commit(ctx)
		}()
	}()
	<-started
	time.Sleep(20 * time.Millisecond) // a target without locks would go on; one with them waits anyway
	p.Beat++
	require.NoError(t, first.Save(ctx, p))
	committed := first.Commit(ctx)
	_ = first.Rollback()
	want := progress("1").Beat
	for _, err := range []error{committed, <-second} {
		if err == nil {
			want++
		}
	}
	got, _, err := target.Progress(ctx, one)
	require.NoError(t, err)
	require.Equal(t, want, got.Beat, "the lock did not hold")
	requireGreater(t, want, progress("1").Beat, "none has got through")
}

// endedByFunction checks that a transaction which was ended under it can be neither committed nor rolled back.
func (r *rules[Tx]) endedByFunction(t *testing.T) {
	if r.End == nil {
		t.Skip("functions cannot end a transaction")
	}
	target := r.begun(t)
	ctx := ruleContext(t)
	for _, end := range []func(readmodel.Transaction[Tx]) error{
		func(tx readmodel.Transaction[Tx]) error { return tx.Commit(ctx) },
		func(tx readmodel.Transaction[Tx]) error { return tx.Rollback() },
	} {
		tx, err := target.Begin(ctx, one)
		require.NoError(t, err)
		r.save(t, ctx, tx, "2", "x")
		require.NoError(t, r.End(ctx, tx.Tx()))
		require.ErrorIs(t, end(tx), readmodel.ErrTransactionEnded)
		_ = tx.Rollback()
	}
	r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) { r.save(t, ctx, tx, "3", "y") })
}

// afterItsContext checks that a commit after the context writes nothing.
func (r *rules[Tx]) afterItsContext(t *testing.T) {
	target := r.begun(t)
	ctx, cancel := context.WithCancel(ruleContext(t))
	tx, err := target.Begin(ctx, one)
	require.NoError(t, err)
	r.save(t, ctx, tx, "2", "x")
	cancel()
	require.Error(t, tx.Commit(ctx))
	_ = tx.Rollback()
	requirePosition(t, target, one, "1")
	r.requireRow(t, target, one, "first")
}
