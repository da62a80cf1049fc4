package kvmodel

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Target is a [readmodel.Target] in a bucket.
type Target struct {
	js   jetstream.JetStream
	kv   jetstream.KeyValue
	seen sync.Map // layouts that have progress
}

var (
	_ readmodel.Target[*Tx] = (*Target)(nil)
	_ readmodel.Listener    = (*Target)(nil)
)

// New returns a target in a bucket, which the program has made, with a history of any
// length, and without a TTL: a row that expires loses the position it was written for.
func New(js jetstream.JetStream, bucket jetstream.KeyValue) *Target {
	return &Target{js: js, kv: bucket}
}

func (t *Target) subject(key string) string { return "$KV." + t.kv.Bucket() + "." + key }

// Begin begins a transaction.
func (t *Target) Begin(ctx context.Context, layout readmodel.Layout) (readmodel.Transaction[*Tx], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	tx := &Tx{target: t, layout: layout, rows: make(map[string]*cached), nowErr: errors.New("kvmodel: rows are written for events")}
	return &transaction{tx: tx, begun: ctx, unparked: make(map[string]uint64)}, nil
}

// get reads a key, if it is there.
func (t *Target) get(ctx context.Context, key string, value any, revision *uint64) error {
	entry, err := t.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	*revision = entry.Revision()
	if err := json.Unmarshal(entry.Value(), value); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// Parked returns the parked events of a layout.
func (t *Target) Parked(ctx context.Context, layout readmodel.Layout) ([]readmodel.Parked, error) {
	type numbered struct {
		readmodel.Parked
		revision uint64
	}
	var all []numbered
	err := t.each(ctx, parkedPrefix(layout)+"*", func(entry jetstream.KeyValueEntry) error {
		p := numbered{revision: entry.Revision()}
		err := json.Unmarshal(entry.Value(), &p.Parked)
		all = append(all, p)
		return err
	})
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.revision, b.revision) })
	var parked []readmodel.Parked
	for _, p := range all {
		parked = append(parked, p.Parked)
	}
	return parked, err
}

// each calls f with the entries of some keys that are there now.
func (t *Target) each(ctx context.Context, keys string, f func(jetstream.KeyValueEntry) error) error {
	watcher, err := t.kv.Watch(ctx, keys, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Stop() }() // the connection is closed where it fails
	for {
		select {
		case entry, ok := <-watcher.Updates():
			if entry == nil || !ok { // that was the last one
				return ctx.Err()
			}
			if err := f(entry); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Rows calls row with each row of a table that is there now, with its key as the bucket
// has it. Rows that were deleted are left out.
func (t *Target) Rows(ctx context.Context, layout readmodel.Layout, table string, row func(key string, value json.RawMessage) error) error {
	return t.each(ctx, TableKeys(layout, table), func(entry jetstream.KeyValueEntry) error {
		r, err := ParseRow(entry.Value())
		if err != nil || r.Deleted {
			return err
		}
		return row(entry.Key(), r.Value)
	})
}

// Unavailable reports whether an error is due to the state of the server or the
// connection, or to another writer of a row.
func (t *Target) Unavailable(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code == 503 || api.ErrorCode == 10071 || api.ErrorCode == 10164 || errors.Is(err, jetstream.ErrKeyExists)
	}
	for _, u := range []error{
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrConnectionClosed, nats.ErrConnectionReconnecting, nats.ErrDisconnected, nats.ErrReconnectBufExceeded,
		jetstream.ErrNoStreamResponse, jetstream.ErrTooManyStalledMsgs, jetstream.ErrAsyncPublishTimeout,
		jetstream.ErrKeyExists, context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, u) {
			return true
		}
	}
	return false
}
