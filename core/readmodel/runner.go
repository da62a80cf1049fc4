package readmodel

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/progress"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Runner applies the events of a [Model] to a [Target] while Run runs.
//
// A function that fails has its transaction undone. The events before its own are
// applied, and the event is tried again by itself, after a pause. An event that fails for
// good ends the runner with an [EventError], or is parked: see [Runner.ParkAfter]. A
// store or a database that is away is no fault of an event, and is waited for.
type Runner[Tx any, ID, Pos comparable, M any] struct {
	store    core.SubscribableStore[ID, Pos, M]
	target   Target[Tx]
	model    *Model[Tx, ID, Pos, M]
	settings settings
	owner    string
	progress *progress.Progress[Pos]
	health   runstate.State
	started  atomic.Bool
}

// settings are the choices of a runner's methods.
type settings struct {
	backoff  core.Backoff
	attempts int
	park     bool
	batch    int           // events
	fill     time.Duration // for a batch of history
	takeover time.Duration
}

// NewRunner returns a runner that tries an event five times and then stops, applies up
// to 1,000 events in a transaction, and takes over from another one that has not shown a
// sign of life for three seconds.
func NewRunner[Tx any, ID, Pos comparable, M any](store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M]) *Runner[Tx, ID, Pos, M] {
	return newRunner(store, target, model, settings{attempts: 5, batch: 1000, fill: 50 * time.Millisecond, takeover: 3 * time.Second})
}

func newRunner[Tx any, ID, Pos comparable, M any](store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M], s settings) *Runner[Tx, ID, Pos, M] {
	return &Runner[Tx, ID, Pos, M]{
		store: store, target: target, model: model, settings: s,
		owner: rand.Text(), progress: progress.New(store.ComparePositions),
	}
}

// WithBackoff returns a runner, not running yet, with other pauses before an event is
// tried again.
func (r *Runner[Tx, ID, Pos, M]) WithBackoff(b core.Backoff) *Runner[Tx, ID, Pos, M] {
	s := r.settings
	s.backoff = b
	return newRunner(r.store, r.target, r.model, s)
}

// StopAfter returns a runner, not running yet, that tries an event n times and then ends
// with an [EventError].
func (r *Runner[Tx, ID, Pos, M]) StopAfter(n int) *Runner[Tx, ID, Pos, M] {
	s := r.settings
	s.attempts, s.park = max(n, 1), false
	return newRunner(r.store, r.target, r.model, s)
}

// ParkAfter returns a runner, not running yet, that tries an event n times, then parks it
// beside the tables and goes on. [Runner.Parked] lists parked events, and
// [Runner.Replay] applies one.
func (r *Runner[Tx, ID, Pos, M]) ParkAfter(n int) *Runner[Tx, ID, Pos, M] {
	s := r.settings
	s.attempts, s.park = max(n, 1), true
	return newRunner(r.store, r.target, r.model, s)
}

// WithBatch returns a runner, not running yet, that applies up to n events in a
// transaction. While it catches up with history it waits up to fill for so many.
func (r *Runner[Tx, ID, Pos, M]) WithBatch(n int, fill time.Duration) *Runner[Tx, ID, Pos, M] {
	s := r.settings
	s.batch, s.fill = max(n, 1), fill
	return newRunner(r.store, r.target, r.model, s)
}

// WithTakeover returns a runner, not running yet, that takes over from another one that
// has not shown a sign of life for d, by this process's clock. It shows one itself four
// times in d. Runners of one layout have the same d.
func (r *Runner[Tx, ID, Pos, M]) WithTakeover(d time.Duration) *Runner[Tx, ID, Pos, M] {
	s := r.settings
	s.takeover = max(d, 20*time.Millisecond)
	return newRunner(r.store, r.target, r.model, s)
}

// Processed returns the version up to which the tables are known to hold all events of
// the model, whichever runner applied them.
func (r *Runner[Tx, ID, Pos, M]) Processed() core.Version[Pos] {
	at, _, _ := r.progress.State()
	return at
}

// Wait waits until the tables hold every event up to the latest of versions, whichever
// runner applies them. It returns [core.ErrStopped] if Run ends first,
// [core.ErrBeyondEnd] for a version that the store has not reached, and the cause of ctx.
// A process without a runner calls the function [Wait].
func (r *Runner[Tx, ID, Pos, M]) Wait(ctx context.Context, versions ...core.Version[Pos]) error {
	return progress.Await(ctx, r.store, r.progress, r.progress.Latest(versions), r.filters())
}

// CatchUp waits until the tables hold every event that is in the store now.
func (r *Runner[Tx, ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := r.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return r.Wait(ctx, end)
}

func (r *Runner[Tx, ID, Pos, M]) filters() []core.Filter[ID, Pos] {
	return handlers.FiltersAfter(r.model.table, core.Version[Pos]{})
}

// Layout returns the name and the version of the runner's model.
func (r *Runner[Tx, ID, Pos, M]) Layout() Layout { return r.model.layout }
