package targettest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
)

func (r *rules[Tx]) promotion() []suite.Rule {
	return []suite.Rule{
		{Name: "readers see the layout that was promoted last", Check: func(t *testing.T) {
			target := r.begun(t)
			r.begin(t, target, two, "second")
			requirePromoted(t, target, 0)
			for _, l := range []readmodel.Layout{one, two, one, one} {
				require.NoError(t, target.Promote(ruleContext(t), l, anyProgress))
				requirePromoted(t, r.Again(t, target), l.Version)
				r.requirePromotedRow(t, target, map[int]string{1: "first", 2: "second"}[l.Version])
			}
		}},
		{Name: "readers see what is written after the promotion", Check: func(t *testing.T) {
			target := r.begun(t)
			require.NoError(t, target.Promote(ruleContext(t), one, anyProgress))
			r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) { r.save(t, ctx, tx, "2", "x") })
			r.requirePromotedRow(t, target, "x")
		}},
		{Name: "a layout that was not begun cannot be promoted", Check: func(t *testing.T) {
			target := r.begun(t)
			require.ErrorIs(t, target.Promote(ruleContext(t), two, anyProgress), readmodel.ErrNoProgress)
			requirePromoted(t, target, 0)
		}},
		{Name: "a promotion depends on the progress of both layouts", Check: r.decidedByProgress},
		{Name: "readers see one layout or the other at any moment", Check: r.switches},
		{Name: "what is dropped is gone, and can begin again", Check: r.dropped},
		{Name: "the layout that readers see is not dropped", Check: func(t *testing.T) {
			target := r.begun(t)
			require.NoError(t, target.Promote(ruleContext(t), one, anyProgress))
			require.ErrorIs(t, target.Drop(ruleContext(t), one), readmodel.ErrServing)
			r.requirePromotedRow(t, target, "first")
		}},
	}
}

// anyProgress has a promotion take place.
func anyProgress(readmodel.Progress, readmodel.Progress) error { return nil }

func requirePromoted[Tx any](t *testing.T, target readmodel.Target[Tx], version int) {
	t.Helper()
	got, err := target.Promoted(ruleContext(t), one.Model)
	require.NoError(t, err)
	require.Equal(t, version, got)
}

func (r *rules[Tx]) requirePromotedRow(t *testing.T, target readmodel.Target[Tx], value string) {
	t.Helper()
	rows, err := r.Promoted(ruleContext(t), target, one.Model)
	require.NoError(t, err)
	require.Equal(t, value, rows["a"])
}

// switches promotes one layout and the other while readers read.
func (r *rules[Tx]) switches(t *testing.T) {
	target := r.begun(t)
	r.begin(t, target, two, "second")
	require.NoError(t, target.Promote(ruleContext(t), one, anyProgress))
	ctx, cancel := context.WithCancel(ruleContext(t))
	var readers sync.WaitGroup
	wrong := make(chan any, 1)
	again := r.Again(t, target)
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				rows, err := r.Promoted(ctx, again, one.Model)
				if ctx.Err() == nil && (err != nil || rows["a"] != "first" && rows["a"] != "second") {
					select {
					case wrong <- []any{rows, err}:
					default:
					}
				}
			}
		})
	}
	for i := range 10 {
		require.NoError(t, target.Promote(ruleContext(t), []readmodel.Layout{two, one}[i%2], anyProgress))
	}
	cancel()
	readers.Wait()
	select {
	case w := <-wrong:
		t.Fatal("a reader saw ", w)
	default:
	}
}

// decidedByProgress checks what the caller of a promotion is shown, and that it can refuse.
func (r *rules[Tx]) decidedByProgress(t *testing.T) {
	target := r.begun(t)
	r.begin(t, target, two, "second")
	r.do(t, target, two, func(ctx context.Context, tx readmodel.Transaction[Tx]) { r.save(t, ctx, tx, "7", "second") })
	require.NoError(t, target.Promote(ruleContext(t), one, func(now, before readmodel.Progress) error {
		require.Equal(t, "1", now.Position)
		require.Equal(t, readmodel.Progress{}, before)
		return nil
	}))
	refused := errors.New("refused")
	require.ErrorIs(t, target.Promote(ruleContext(t), two, func(now, before readmodel.Progress) error {
		require.Equal(t, "7", now.Position)
		require.Equal(t, "1", before.Position)
		return refused
	}), refused)
	requirePromoted(t, target, 1)
	r.requirePromotedRow(t, target, "first")
}

// dropped checks that a dropped layout leaves nothing, and takes nothing of another one with it.
func (r *rules[Tx]) dropped(t *testing.T) {
	target := r.begun(t)
	r.begin(t, target, two, "second")
	r.park(t, target, one, "1")
	require.NoError(t, target.Drop(ruleContext(t), one))
	_, ok, err := target.Progress(ruleContext(t), one)
	require.NoError(t, err)
	require.False(t, ok)
	r.requireRow(t, target, two, "second")
	r.requireParked(t, target, one)
	require.NoError(t, target.Drop(ruleContext(t), one), "again")
	r.begin(t, target, one, "anew")
	r.requireRow(t, target, one, "anew")
}
