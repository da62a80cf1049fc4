package kvmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Promotion is what is under the key "_promoted.model": the version that readers see.
type Promotion struct {
	Version int `json:"version"`
}

// PromotedKey returns the key of the [Promotion] of a model, to be watched.
func PromotedKey(model string) string { return promotedKey(model) }

// Promoted returns the version of a model that readers see.
func (t *Target) Promoted(ctx context.Context, model string) (int, error) {
	p, _, err := t.promotion(ctx, model)
	return p.Version, err
}

func (t *Target) promotion(ctx context.Context, model string) (p Promotion, revision uint64, err error) {
	return p, revision, t.get(ctx, promotedKey(model), &p, &revision)
}

// Promote points readers at a layout. Progress is checked before, and cannot be locked: a
// reader may miss what the old layout has got since.
func (t *Target) Promote(ctx context.Context, layout readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	now, ok, err := t.Progress(ctx, layout)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("read model %v: %w", layout, readmodel.ErrNoProgress)
	}
	promotion, revision, err := t.promotion(ctx, layout.Model)
	if err != nil {
		return err
	}
	before, _, err := t.Progress(ctx, readmodel.Layout{Model: layout.Model, Version: promotion.Version})
	if err == nil {
		err = check(now, before)
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(Promotion{layout.Version})
	if err == nil {
		_, err = t.kv.Update(ctx, promotedKey(layout.Model), data, revision)
	}
	return err
}

// Listen calls changed after transactions of a layout, until ctx ends.
func (t *Target) Listen(ctx context.Context, layout readmodel.Layout, changed func()) error {
	watcher, err := t.kv.Watch(ctx, progressKey(layout))
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Stop() }() // the connection is closed where it fails
	for {
		select {
		case _, ok := <-watcher.Updates():
			if !ok {
				return errors.New("kvmodel: watcher has ended")
			}
			changed()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
