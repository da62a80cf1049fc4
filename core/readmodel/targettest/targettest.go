package targettest

import (
	"context"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
)

// Harness tells [Run] what a target can do. The functions write rows into a table "rows"
// of the layout of their transaction: a key and a value, both text.
type Harness[Tx any] struct {
	// Open returns a target without progress, another one at each call, also by several
	// at the same time. It registers its own clean-up with t.
	Open func(t *testing.T) readmodel.Target[Tx]
	// Again returns the same target as another process would have it. Nil returns the
	// target itself.
	Again func(t *testing.T, target readmodel.Target[Tx]) readmodel.Target[Tx]
	// Begin makes the table.
	Begin func(ctx context.Context, tx Tx) error
	// Set writes a row, or replaces the row with that key.
	Set func(ctx context.Context, tx Tx, key, value string) error
	// Get returns the value of a row; empty if there is none.
	Get func(ctx context.Context, tx Tx, key string) (string, error)
	// Fail has a statement of the transaction fail.
	Fail func(ctx context.Context, tx Tx) error
	// End ends the transaction behind the target's back, its work committed. Where that
	// cannot be it is nil, and some rules are skipped.
	End func(ctx context.Context, tx Tx) error
	// Rows returns the committed rows of a layout; none if it has no table.
	Rows func(ctx context.Context, target readmodel.Target[Tx], layout readmodel.Layout) (map[string]string, error)
	// Promoted returns the rows that readers of a model see.
	Promoted func(ctx context.Context, target readmodel.Target[Tx], model string) (map[string]string, error)
}

// Run checks the target that h opens against every rule of [readmodel.Target]. Each rule
// is a subtest whose name says it.
func Run[Tx any](t *testing.T, h Harness[Tx]) {
	if h.Again == nil {
		h.Again = func(_ *testing.T, target readmodel.Target[Tx]) readmodel.Target[Tx] { return target }
	}
	r := &rules[Tx]{h}
	suite.Run(t, []suite.Group{
		{Name: "progress", Rules: r.progress()},
		{Name: "transactions", Rules: r.transactions()},
		{Name: "parked", Rules: r.parked()},
		{Name: "promotion", Rules: r.promotion()},
		{Name: "runners", Rules: r.runners()},
	})
}

// rules holds the rules, a group of them in each file.
type rules[Tx any] struct {
	Harness[Tx]
}

// The layouts of most rules.
var (
	one = readmodel.Layout{Model: "model", Version: 1}
	two = readmodel.Layout{Model: "model", Version: 2}
)

// ruleTimeout is how long a rule may take.
const ruleTimeout = time.Minute

func ruleContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), ruleTimeout)
	t.Cleanup(cancel)
	return ctx
}

// do commits what f does.
func (r *rules[Tx]) do(t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, f func(ctx context.Context, tx readmodel.Transaction[Tx])) {
	t.Helper()
	ctx := ruleContext(t)
	tx, err := target.Begin(ctx, layout)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	tx.Begins("1", 0)
	f(ctx, tx)
	require.NoError(t, tx.Commit(ctx))
}

// begun returns a target with a layout that holds a row.
func (r *rules[Tx]) begun(t *testing.T) readmodel.Target[Tx] {
	target := r.Open(t)
	r.begin(t, target, one, "first")
	return target
}

func (r *rules[Tx]) begin(t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, value string) {
	t.Helper()
	r.do(t, target, layout, func(ctx context.Context, tx readmodel.Transaction[Tx]) {
		_, ok, err := tx.Lock(ctx)
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, tx.Create(ctx, progress("1")))
		require.NoError(t, r.Begin(ctx, tx.Tx()))
		require.NoError(t, r.Set(ctx, tx.Tx(), "a", value))
	})
}

// save moves the progress of a layout on, and writes a row.
func (r *rules[Tx]) save(t *testing.T, ctx context.Context, tx readmodel.Transaction[Tx], position, value string) { //nolint:revive // t first
	t.Helper()
	p, ok, err := tx.Lock(ctx)
	require.NoError(t, err)
	require.True(t, ok)
	tx.Begins(position, 0)
	require.NoError(t, r.Set(ctx, tx.Tx(), "a", value))
	p.Position, p.EventID = position, "event/"+position
	require.NoError(t, tx.Save(ctx, p))
}

// progress returns progress whose fields are all set, but the damage.
func progress(position string) readmodel.Progress {
	return readmodel.Progress{Store: "store", Events: "events", Position: position, EventID: "event/" + position, Owner: "owner", Beat: 1 << 40}
}

func (r *rules[Tx]) requireRow(t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, value string) {
	t.Helper()
	rows, err := r.Rows(ruleContext(t), target, layout)
	require.NoError(t, err)
	require.Equal(t, value, rows["a"])
}

func requirePosition[Tx any](t *testing.T, target readmodel.Target[Tx], layout readmodel.Layout, position string) {
	t.Helper()
	p, _, err := target.Progress(ruleContext(t), layout)
	require.NoError(t, err)
	require.Equal(t, position, p.Position)
}
