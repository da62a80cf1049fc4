package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
)

// ReadLease returns the value of a name in the bucket, and its revision; 0 if it has none. A
// replicated bucket may answer with an older value. With WriteLease it makes Leases a
// [reactor.Leases].
//
// Each part of the name between dots is a token of the key in the bucket, as
// [codec.EncodeToken] makes it, and "=" if it is empty. A [reactor.Worker] asks for
// "reactor.<name>.<store id>", so that the right to its leases is
// "$KV.LEASES.reactor.<name>.*". A name that cannot be a key is a [core.NameError].
func (l *Leases) ReadLease(ctx context.Context, name string) (value []byte, revision uint64, err error) {
	entry, err := l.entry(ctx, name)
	if entry == nil || err != nil {
		return nil, 0, err
	}
	return entry.Value(), entry.Revision(), nil
}

// entry returns the entry of a name; nil if it has none.
func (l *Leases) entry(ctx context.Context, name string) (jetstream.KeyValueEntry, error) {
	key, err := leaseKey(name)
	if err != nil {
		return nil, err
	}
	entry, err := l.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lease %s: %w", name, err)
	}
	return entry, nil
}

// LeaseAge returns how long ago the value of a name was written, by the servers' clocks; false if
// it has none. Workers write theirs several times in [LeaseConfig.TTL]: if it is older, none runs.
func (l *Leases) LeaseAge(ctx context.Context, name string) (age time.Duration, ok bool, err error) {
	entry, err := l.entry(ctx, name)
	if entry == nil || err != nil {
		return 0, false, err
	}
	stream, err := l.js.Stream(ctx, "KV_"+l.cfg.Bucket)
	if err != nil {
		return 0, false, fmt.Errorf("lease %s: %w", name, err)
	}
	return max(stream.CachedInfo().TimeStamp.Sub(entry.Created()), 0), true, nil
}

// WriteLease replaces the value of a name that is at a revision, 0 for none, and returns the
// next one. Another revision is an error that matches [core.ErrConflict].
func (l *Leases) WriteLease(ctx context.Context, name string, value []byte, revision uint64) (uint64, error) {
	key, err := leaseKey(name)
	if err != nil {
		return 0, err
	}
	if revision == 0 {
		revision, err = l.kv.Create(ctx, key, value)
	} else {
		revision, err = l.kv.Update(ctx, key, value, revision)
	}
	if refused, ok := errors.AsType[*jetstream.APIError](err); errors.Is(err, jetstream.ErrKeyExists) || ok && refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return 0, fmt.Errorf("lease %s: %w", name, core.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("lease %s: %w", name, err)
	}
	return revision, nil
}

// LeaseTTL is how long a holder may be silent before others take over.
func (l *Leases) LeaseTTL() time.Duration { return l.cfg.TTL }
