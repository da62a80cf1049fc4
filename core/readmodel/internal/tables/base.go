package tables

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
)

// Base is what a [readmodel.Target] on tables does, however it reaches its database.
type Base struct {
	dialect  Dialect
	db       DB // runs each statement by itself
	transact func(ctx context.Context, layout readmodel.Layout, do func(DB) error) error

	mu       sync.Mutex // guards the field below
	prepared bool       // the library's tables are there
}

// NewBase returns a Base. Transact runs do in a transaction, and commits it.
func NewBase(dialect Dialect, db DB, transact func(ctx context.Context, layout readmodel.Layout, do func(DB) error) error) *Base {
	return &Base{dialect: dialect, db: db, transact: transact}
}

// Prepare makes the library's tables, once.
func (b *Base) Prepare(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.prepared {
		return nil
	}
	err := b.dialect.Prepare(ctx, b.db)
	b.prepared = err == nil
	return err
}

// Progress returns the progress of a layout.
func (b *Base) Progress(ctx context.Context, layout readmodel.Layout) (readmodel.Progress, bool, error) {
	if err := b.Prepare(ctx); err != nil {
		return readmodel.Progress{}, false, err
	}
	return b.dialect.Progress(ctx, b.db, layout)
}

// Parked returns the parked events of a layout.
func (b *Base) Parked(ctx context.Context, layout readmodel.Layout) ([]readmodel.Parked, error) {
	if err := b.Prepare(ctx); err != nil {
		return nil, err
	}
	return b.dialect.Parked(ctx, b.db, layout)
}

// Promoted returns the version of a model that readers see.
func (b *Base) Promoted(ctx context.Context, model string) (int, error) {
	if err := b.Prepare(ctx); err != nil {
		return 0, err
	}
	return b.dialect.Promoted(ctx, b.db, model)
}

// Promote makes views of the tables of a layout, in place of those of another one. In
// PostgreSQL it waits for readers that have begun, and tries again when they take long,
// so that others do not wait behind it.
func (b *Base) Promote(ctx context.Context, layout readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	for attempt := 0; ; attempt++ {
		err := b.transact(ctx, layout, func(db DB) error { return b.dialect.Promote(ctx, db, layout, check) })
		if !IsLockTimeout(err) {
			return err
		}
		if err := (core.Backoff{}).Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// Drop removes the tables of a layout, and its progress.
func (b *Base) Drop(ctx context.Context, layout readmodel.Layout) error {
	return b.transact(ctx, layout, func(db DB) error { return b.dialect.Drop(ctx, db, layout) })
}
