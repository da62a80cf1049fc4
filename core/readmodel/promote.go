package readmodel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// errBehind says that readers would see less than before.
var errBehind = fmt.Errorf("%w: it holds less than the one before", ErrNotReady)

// promoteFor is how long [Promote] waits until the new layout holds what the one before
// does: both go on.
const promoteFor = 10 * time.Second

// Promote has readers see the tables of a model, in place of those of another version, in
// one transaction. A layout that lags by more than maxLag events of the store is
// [ErrNotReady]. Readers do not go back: at the moment of the promotion the layout holds
// all events that the one before does, for which Promote waits up to ten seconds.
//
// Both runners go on: the old version can be promoted again, until it is dropped. Who is
// to read his own write waits for both meanwhile.
func Promote[Tx any, ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], target Target[Tx], model *Model[Tx, ID, Pos, M], maxLag uint64) error {
	events, behind, err := Lag(ctx, store, target, model)
	if err == nil && events > maxLag {
		err = fmt.Errorf("%w: it is %d events, %v behind", ErrNotReady, events, behind)
	}
	end := time.Now().Add(promoteFor)
	for attempt := 0; err == nil; attempt++ {
		err = target.Promote(ctx, model.layout, func(now, before Progress) error { return notBehind(store.ComparePositions, now, before) })
		if !errors.Is(err, errBehind) || time.Now().After(end) {
			break
		}
		err = core.Backoff{First: time.Millisecond, Max: 20 * time.Millisecond}.Wait(ctx, attempt)
	}
	if err != nil {
		return fmt.Errorf("promote read model %v: %w", model.layout, err)
	}
	return nil
}

// notBehind returns an error if a layout holds fewer events than the one before. That of
// another store says nothing.
func notBehind[Pos comparable](compare func(a, b Pos) int, now, before Progress) error {
	if before.Store != now.Store {
		return nil
	}
	has, err := parsePosition[Pos](now.Position)
	if err != nil {
		return err
	}
	had, err := parsePosition[Pos](before.Position)
	if err != nil {
		return err
	}
	least, ok := had.Position()
	if at, known := has.Position(); ok && (!known || compare(at, least) < 0) {
		return errBehind
	}
	return nil
}

// Drop removes the tables of a layout and its progress. A runner of it ends with
// [ErrDropped]. The layout that readers see is [ErrServing].
func Drop[Tx any](ctx context.Context, target Target[Tx], layout Layout) error {
	if err := layout.Check(); err != nil {
		return err
	}
	return target.Drop(ctx, layout)
}
