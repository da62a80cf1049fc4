package readmodel

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Health returns how the runner does. The error is of the store, which is asked for the
// lag.
func (r *Runner[Tx, ID, Pos, M]) Health(ctx context.Context) (core.Health, error) {
	at := r.Processed()
	return runstate.Health(ctx, &r.health, r.store, at, handlers.FiltersAfter(r.model.table, at))
}

// lag returns how far tables at a version are behind the store.
func lag[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], model *Model[Tx, ID, Pos, M], at core.Version[Pos]) (events uint64, behind time.Duration, err error) {
	return runstate.Lag(ctx, store, at, handlers.FiltersAfter(model.table, at))
}
