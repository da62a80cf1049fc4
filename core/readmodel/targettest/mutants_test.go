package targettest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core/readmodel"
)

// readsNothing says that functions do not see what their transaction has written.
var readsNothing atomic.Bool

func ignoreEnd(rollback func() error) func() error {
	return func() error {
		if err := rollback(); !errors.Is(err, readmodel.ErrTransactionEnded) {
			return err
		}
		return nil
	}
}

func ignoreEndOf(commit func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := commit(ctx); !errors.Is(err, readmodel.ErrTransactionEnded) {
			return err
		}
		return nil
	}
}

// endsOnRollback commits what is rolled back, also after a failure.
func endsOnRollback(m *mutant) {
	transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		rollback, commit, over := ignoreEnd(f.rollback), f.commit, false
		f.commit = func(ctx context.Context) error {
			over = true
			return commit(ctx)
		}
		f.rollback = func() error {
			if !over {
				f.Tx().End()
			}
			over = true
			return rollback()
		}
	})(m)
}

// unlocked lets transactions go on at the same time.
func unlocked(m *mutant) {
	m.begin = func(ctx context.Context, l readmodel.Layout) (readmodel.Transaction[tx], error) {
		t, err := m.Memory.Begin(ctx, l)
		if err != nil {
			return nil, err
		}
		f := &faulty{t, t.Lock, t.Create, t.Save, t.Park, t.Unpark, t.Commit, t.Rollback}
		f.save = func(ctx context.Context, p readmodel.Progress) error {
			if p.Beat == 1<<40+1 {
				_ = t.Rollback() // let the other one begin
				time.Sleep(50 * time.Millisecond)
			}
			return t.Save(ctx, p)
		}
		f.lock = func(ctx context.Context) (readmodel.Progress, bool, error) {
			p, ok, err := t.Lock(ctx)
			if ok && p.Beat == 1<<40 && p.Position == "1" {
				_ = t.Rollback() // gives up the lock
			}
			return p, ok, err
		}
		f.commit = func(ctx context.Context) error {
			if err := t.Commit(ctx); err != nil {
				t.Tx().End()
			}
			return nil
		}
		return f, nil
	}
}

// parksBeside parks in a transaction of its own.
func parksBeside(m *mutant) {
	var parked []readmodel.Parked
	m.parked = func(ctx context.Context, l readmodel.Layout) ([]readmodel.Parked, error) { return parked, nil }
	transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		f.park = func(_ context.Context, p readmodel.Parked) error {
			parked = append(parked, p)
			return nil
		}
	})(m)
}

// switchesInTwo shows nothing for a moment.
func switchesInTwo(m *mutant) {
	var between atomic.Bool
	m.promote = func(ctx context.Context, l readmodel.Layout, c check) error {
		between.Store(true)
		defer between.Store(false)
		time.Sleep(time.Millisecond)
		return m.Memory.Promote(ctx, l, c)
	}
	m.see = func(rows map[string]string) map[string]string {
		if between.Load() {
			return nil
		}
		return rows
	}
}

// progressLate loses some progress of transactions whose rows are committed.
func progressLate(m *mutant) {
	transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		save := f.save
		f.save = func(ctx context.Context, p readmodel.Progress) error {
			if rand.IntN(10) == 0 {
				return nil
			}
			return save(ctx, p)
		}
	})(m)
}
