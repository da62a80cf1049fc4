package targettest

import (
	"context"
	"testing"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
)

func (r *rules[Tx]) progress() []suite.Rule {
	return []suite.Rule{
		{Name: "a layout that was not begun has no progress", Check: func(t *testing.T) {
			target := r.begun(t)
			_, ok, err := target.Progress(ruleContext(t), two)
			require.NoError(t, err)
			require.False(t, ok)
			r.do(t, target, two, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
				_, ok, err := tx.Lock(ctx)
				require.NoError(t, err)
				require.False(t, ok)
			})
		}},
		{Name: "progress comes back as it was saved", Check: r.comesBack},
		{Name: "the progress of a layout is its own", Check: func(t *testing.T) {
			target := r.begun(t)
			r.begin(t, target, two, "second")
			r.begin(t, target, readmodel.Layout{Model: "other", Version: 1}, "third")
			r.do(t, target, two, func(ctx context.Context, tx readmodel.Transaction[Tx]) { r.save(t, ctx, tx, "7", "x") })
			requirePosition(t, target, one, "1")
			requirePosition(t, target, two, "7")
			r.requireRow(t, target, one, "first")
			r.requireRow(t, target, two, "x")
		}},
		{Name: "a second first progress is an error", Check: func(t *testing.T) {
			target := r.begun(t)
			ctx := ruleContext(t)
			tx, err := target.Begin(ctx, one)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			err = tx.Create(ctx, progress("2"))
			if err == nil {
				err = tx.Commit(ctx)
			}
			require.Error(t, err)
			_ = tx.Rollback()
			requirePosition(t, target, one, "1")
		}},
	}
}

// comesBack checks that no field of the progress is lost.
func (r *rules[Tx]) comesBack(t *testing.T) {
	target := r.begun(t)
	want := readmodel.Progress{Store: "s", Events: "e", Position: `"text \" é"`, EventID: "i", Owner: "o", Beat: 1<<62 + 1, Damaged: "d"}
	r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
		p, ok, err := tx.Lock(ctx)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, progress("1"), p)
		require.NoError(t, tx.Save(ctx, want))
	})
	p, ok, err := r.Again(t, target).Progress(ruleContext(t), one)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, p)
}
