package kvsnapshot

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// entry is the value of a key; its revision is 0 if there is none.
type entry struct {
	value    []byte
	revision uint64
}

// get reads the value of a key. If the bucket is replicated, any replica may
// answer. One that lags returns an older snapshot, which is as correct as a newer
// one.
func (b *bucket) get(ctx context.Context, key string) (entry, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	e, err := b.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, err
	}
	return entry{e.Value(), e.Revision()}, nil
}

// put writes the value of a key if the last one is still at revision, and returns
// the new revision; 0 if it was not.
func (b *bucket) put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	var err error
	if revision == 0 {
		revision, err = b.kv.Create(ctx, key, value) // also after a deletion
	} else {
		revision, err = b.kv.Update(ctx, key, value, revision)
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == codeWrongLast || api.ErrorCode == codeInFlight) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return revision, nil
}

// The error codes of JetStream that mean that another writer writes the key.
const (
	codeWrongLast = 10071
	codeInFlight  = 10164 // the other write is not replicated yet
)

// headerRoom is how many bytes the headers of a write take at most.
const headerRoom = 128

// limit returns how many bytes a value may have.
func (b *bucket) limit() int {
	limit := int(b.nc.MaxPayload())
	if b.maxMessage > 0 {
		limit = min(limit, b.maxMessage)
	}
	return limit - headerRoom
}
