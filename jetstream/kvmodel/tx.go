package kvmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Tx is what functions write by. Rows are written to the bucket when the runner ends the
// transaction, each once.
type Tx struct {
	target   *Target
	layout   readmodel.Layout
	now      moment
	nowErr   error
	replayed bool
	rows     map[string]*cached
	order    []string // keys of rows that were changed, in the order of the first change
}

// cached is a row in a transaction.
type cached struct {
	stored   Row // as it was read
	row      Row // as it is to be written
	revision uint64
	changed  bool
}

// Layout returns the model and the version of its layout.
func (t *Tx) Layout() readmodel.Layout { return t.layout }

// Get reads a row into value, as json.Unmarshal does; false if there is none.
func (t *Tx) Get(ctx context.Context, table, key string, value any) (bool, error) {
	c, _, err := t.read(ctx, table, key)
	if err != nil || c.row.Value == nil {
		return false, err
	}
	return true, json.Unmarshal(c.row.Value, value)
}

// Put writes a row, unless it holds the event already.
func (t *Tx) Put(ctx context.Context, table, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return t.write(ctx, table, key, func(r *Row) { r.Value, r.Deleted = data, false })
}

// Delete deletes a row, unless it holds the event already.
func (t *Tx) Delete(ctx context.Context, table, key string) error {
	return t.write(ctx, table, key, func(r *Row) { r.Value, r.Deleted = nil, true })
}

// Update has change make a new row of a row, the zero V if there is none. It is not
// called for a row that holds the event already.
func Update[V any](ctx context.Context, t *Tx, table, key string, change func(*V) error) error {
	c, _, err := t.read(ctx, table, key)
	if err != nil {
		return err
	}
	if t.now.isIn(c.stored) {
		return nil
	}
	var value V
	if c.row.Value != nil {
		if err := json.Unmarshal(c.row.Value, &value); err != nil {
			return fmt.Errorf("row %s of table %s: %w", key, table, err)
		}
	}
	if err := change(&value); err != nil {
		return err
	}
	return t.Put(ctx, table, key, value)
}

func (t *Tx) write(ctx context.Context, table, key string, change func(*Row)) error {
	c, name, err := t.read(ctx, table, key)
	if err != nil || t.now.isIn(c.stored) {
		return err
	}
	change(&c.row)
	t.now.mark(&c.row)
	if !c.changed {
		c.changed = true
		t.order = append(t.order, name)
	}
	return nil
}

// read returns a row, and its key in the bucket.
func (t *Tx) read(ctx context.Context, table, key string) (*cached, string, error) {
	t.layout.Table(table) // panics for a name that is no identifier
	name, err := RowKey(t.layout, table, key)
	if err == nil {
		err = t.nowErr
	}
	if err != nil {
		return nil, "", err
	}
	if c, ok := t.rows[name]; ok {
		return c, name, nil
	}
	c := &cached{}
	entry, err := t.target.kv.Get(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		return nil, "", err
	default:
		if c.stored, err = ParseRow(entry.Value()); err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		c.row, c.revision = c.stored, entry.Revision()
	}
	t.rows[name] = c
	return c, name, nil
}
