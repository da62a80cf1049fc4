package kvsnapshot

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// PositionOf returns the position of a stored snapshot.
func PositionOf(value []byte) (uint64, error) {
	z, err := newCompressor()
	if err != nil {
		return 0, err
	}
	c, err := z.decodeValue(value)
	return c.snapshot.Position, err
}

// ChunksOf returns how many chunks the state of a stored snapshot has.
func ChunksOf(value []byte) (int, error) {
	z, err := newCompressor()
	if err != nil {
		return 0, err
	}
	c, err := z.decodeValue(value)
	return c.chunks.Count, err
}

// CutAt makes a store one of a process that is killed at its n-th write: before the
// server has it, or after, with no answer. A negative n kills it never. It returns a
// function that tells how many writes there were.
func (s *Store[ID]) CutAt(n int, after bool) (writes func() int) {
	b := *s.bucket
	k := &killed{n: n, after: after}
	b.kv, b.stream = killedKV{b.kv, k}, killedStream{b.stream, k}
	s.bucket, s.chunks = &b, chunkBucket{&b}
	return func() int { return k.writes }
}

type killed struct {
	n      int
	after  bool
	writes int
}

// write calls f unless the process is dead by then.
func (k *killed) write(f func() error) error {
	k.writes++
	if k.n >= 0 && (k.writes > k.n+1 || k.writes == k.n+1 && !k.after) {
		return context.Canceled
	}
	err := f()
	if k.writes == k.n+1 {
		return context.Canceled
	}
	return err
}

type killedKV struct {
	jetstream.KeyValue
	*killed
}

func (k killedKV) Put(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	err = k.write(func() (err error) { revision, err = k.KeyValue.Put(ctx, key, value); return err })
	return revision, err
}

func (k killedKV) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (revision uint64, err error) {
	err = k.write(func() (err error) { revision, err = k.KeyValue.Create(ctx, key, value, opts...); return err })
	return revision, err
}

func (k killedKV) Update(ctx context.Context, key string, value []byte, last uint64) (revision uint64, err error) {
	err = k.write(func() (err error) { revision, err = k.KeyValue.Update(ctx, key, value, last); return err })
	return revision, err
}

type killedStream struct {
	jetstream.Stream
	*killed
}

func (k killedStream) Purge(ctx context.Context, opts ...jetstream.StreamPurgeOpt) error {
	return k.write(func() error { return k.Stream.Purge(ctx, opts...) })
}
