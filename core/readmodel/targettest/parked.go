package targettest

import (
	"context"
	"testing"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
)

func parked(position string) readmodel.Parked {
	return readmodel.Parked{Position: position, EventID: "i" + position, Kind: "kind", Key: "key é", Attempts: 7, Reason: "reason"}
}

func (r *rules[Tx]) parked() []suite.Rule {
	return []suite.Rule{
		{Name: "parked events come back in order", Check: func(t *testing.T) {
			target := r.begun(t)
			r.begin(t, target, two, "x")
			r.park(t, target, one, "10", "9")
			r.park(t, target, two, "3")
			r.requireParked(t, r.Again(t, target), one, "10", "9")
			r.requireParked(t, target, two, "3")
			r.requireParked(t, target, readmodel.Layout{Model: "other", Version: 1})
		}},
		{Name: "an event is taken out once", Check: func(t *testing.T) {
			target := r.begun(t)
			r.park(t, target, one, "1", "2")
			for _, want := range []bool{true, false} {
				r.do(t, target, one, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
					_, _, err := tx.Lock(ctx)
					require.NoError(t, err)
					ok, err := tx.Unpark(ctx, "1")
					require.NoError(t, err)
					require.Equal(t, want, ok)
				})
			}
			r.requireParked(t, target, one, "2")
		}},
		{Name: "parking is part of the transaction", Check: func(t *testing.T) {
			target := r.begun(t)
			r.park(t, target, one, "1")
			r.rolledBack(t, target, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
				require.NoError(t, tx.Park(ctx, parked("2")))
				_, err := tx.Unpark(ctx, "1")
				require.NoError(t, err)
			})
			r.requireParked(t, target, one, "1")
		}},
	}
}

func (r *rules[Tx]) park(t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, positions ...string) {
	t.Helper()
	for _, position := range positions {
		r.do(t, target, layout, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
			_, _, err := tx.Lock(ctx)
			require.NoError(t, err)
			require.NoError(t, tx.Park(ctx, parked(position)))
		})
	}
}

func (r *rules[Tx]) requireParked(t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, positions ...string) {
	t.Helper()
	got, err := target.Parked(ruleContext(t), layout)
	require.NoError(t, err)
	var want []readmodel.Parked
	for _, p := range positions {
		want = append(want, parked(p))
	}
	require.Equal(t, len(want), len(got))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}
