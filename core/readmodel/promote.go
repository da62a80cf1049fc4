package readmodel

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// Promote has readers see the tables of a model, in place of those of another version, in
// one transaction. A layout that lags by more than maxLag events of the store is
// [ErrNotReady], and one that has parked events is not held back by them. Both runners go
// on: the old version can be promoted again, until it is dropped.
func Promote[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M], maxLag uint64) error {
	events, behind, err := Lag(ctx, store, target, model)
	if err != nil {
		return fmt.Errorf("promote read model %v: %w", model.layout, err)
	}
	if events > maxLag {
		return fmt.Errorf("promote read model %v: %w: it is %d events, %v behind", model.layout, ErrNotReady, events, behind)
	}
	return target.Promote(ctx, model.layout)
}

// Drop removes the tables of a layout and its progress. A runner of it ends with
// [ErrDropped]. The layout that readers see is [ErrServing].
func Drop[Tx any](ctx context.Context, target Target[Tx], layout Layout) error {
	if err := layout.Check(); err != nil {
		return err
	}
	return target.Drop(ctx, layout)
}
