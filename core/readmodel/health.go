package readmodel

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// State is what a runner does.
type State string

// The states of a runner.
const (
	New     State = "new"     // Run was not called yet, or has not reached the database
	Working State = "working" // it applies events
	Waiting State = "waiting" // another runner works
	Failing State = "failing" // an event, the store or the database fails, and is tried again
	Stopped State = "stopped" // Run has ended
)

// Health is how a runner does.
type Health struct {
	State State     `json:"state"`
	Since time.Time `json:"since"`
	// Lag is how many events of the store, of any kind, came after the last one that
	// the tables hold; 0 if none of them is of the model.
	Lag uint64 `json:"lag"`
	// Behind is the age of the oldest event that the tables do not hold; 0 if there is
	// none.
	Behind time.Duration `json:"behind"`
	// Err is the last error; nil once work went on.
	Err error `json:"-"`
}

// Health returns how the runner does. The error is of the store, which is asked for the
// lag.
func (r *Runner[Tx, ID, Pos, M]) Health(ctx context.Context) (Health, error) {
	h := r.health.get()
	var err error
	h.Lag, h.Behind, err = lag(ctx, r.store, r.model, r.Processed())
	return h, err
}

// lag returns how far tables at a version are behind the store.
func lag[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], model *Model[Tx, ID, Pos, M], at core.Version[Pos]) (events uint64, behind time.Duration, err error) {
	filters := handlers.FiltersAfter(model.table, at)
	next, err := store.NextVersion(ctx, at, filters...)
	if err != nil || next.IsZero() {
		return 0, 0, err
	}
	end, err := store.LatestVersion(ctx)
	if err != nil {
		return 0, 0, err
	}
	events = store.Distance(at, end)
	for stored, err := range store.LoadEvents(ctx, filters...) {
		if err != nil {
			return events, 0, err
		}
		return events, max(time.Since(stored.Time), 0), nil
	}
	return events, 0, nil
}

// healthState is the part of Health that a runner writes.
type healthState struct {
	mu    sync.Mutex // guards the fields below
	state State
	since time.Time
	err   error
}

func (h *healthState) get() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == "" {
		return Health{State: New}
	}
	return Health{State: h.state, Since: h.since, Err: h.err}
}

func (h *healthState) change(s State, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != s {
		h.state, h.since = s, time.Now()
	}
	h.err = err
}

// set is for a state that says nothing of errors before.
func (h *healthState) set(s State) {
	h.mu.Lock()
	err := h.err
	failing := h.state == Failing && s == Working
	h.mu.Unlock()
	if !failing { // until an event was applied
		h.change(s, err)
	}
}

func (h *healthState) ok()            { h.change(Working, nil) }
func (h *healthState) fail(err error) { h.change(Failing, err) }
func (h *healthState) stop(err error) { h.change(Stopped, err) }
