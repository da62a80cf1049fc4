package kvsnapshot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func TestBucketIsCreatedOnceAndThenUsed(t *testing.T) {
	cfg := newConfig(3)
	cfg.Storage = kvsnapshot.Storage{TTL: time.Hour, MaxBytes: 1 << 20, Memory: true, Replicas: 3}
	open(t, cfg)
	open(t, cfg)
	cfg.Storage.Replicas = 2 // more are accepted
	open(t, cfg)
	status, err := bucketOf(t, cfg).Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), status.History())
	require.Equal(t, time.Hour, status.TTL())
	require.Equal(t, 3, status.Config().Replicas)
	require.Equal(t, int64(1<<20), status.Config().MaxBytes)
	require.Equal(t, natsjs.MemoryStorage, status.Config().Storage)
}

func TestZeroConfigHasDefaults(t *testing.T) {
	s := open(t, kvsnapshot.Config{})
	status, err := bucketOf(t, kvsnapshot.Config{Bucket: "SNAPSHOTS"}).Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, natsjs.FileStorage, status.Config().Storage)
	for since, want := range map[int]core.SnapshotOffer{99: core.Declined, 100: core.Stored} {
		got, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: since}, at(1))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestBucketWithOtherSettingsIsRefusedWithEveryReason(t *testing.T) {
	cfg := newConfig(1)
	_, err := streams(t, connect(t, 1)).CreateKeyValue(t.Context(), natsjs.KeyValueConfig{
		Bucket: cfg.Bucket, History: 5, TTL: time.Hour, Storage: natsjs.MemoryStorage,
	})
	require.NoError(t, err)
	cfg.Storage.Replicas = 3
	_, err = kvsnapshot.Open[string](t.Context(), connect(t, 1), cfg)
	other, ok := errors.AsType[*kvsnapshot.BucketError](err)
	require.True(t, ok)
	require.Equal(t, cfg.Bucket, other.Bucket)
	require.Equal(t, []kvsnapshot.FieldError{
		{"storage", "Memory", "File"},
		{"max_msgs_per_subject", "5", "1"},
		{"max_age", "1h0m0s", "0s"},
		{"num_replicas", "1", "3 or more"},
	}, other.Fields)
	require.ErrorContains(t, err, "cannot hold the snapshots: storage is Memory, must be File; ")
}

func TestBadConfigIsRefusedWithEveryReason(t *testing.T) {
	_, err := kvsnapshot.Open[string](t.Context(), connect(t, 1), kvsnapshot.Config{
		Bucket: "a.b", Compression: kvsnapshot.Zstd + 1, Domain: ">", Timeout: -1,
		Storage: kvsnapshot.Storage{TTL: time.Millisecond, Replicas: 6, MaxBytes: -1},
	})
	bad, ok := errors.AsType[*kvsnapshot.ConfigError](err)
	require.True(t, ok)
	require.Len(t, bad.Problems, 7)
	require.ErrorContains(t, err, "Storage.TTL is 1ms, must be 0, or 100ms at least")

	_, err = kvsnapshot.Open[int](t.Context(), connect(t, 1), kvsnapshot.Config{})
	_, ok = errors.AsType[*codec.IDTypeError](err)
	require.True(t, ok)
}

func TestServerWithoutJetStreamIsRefused(t *testing.T) {
	srv, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	_, err = kvsnapshot.Open[string](t.Context(), nc, kvsnapshot.Config{})
	require.ErrorIs(t, err, kvsnapshot.ErrNoJetStream)
}

func TestBucketOfADomainIsUsed(t *testing.T) {
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) { o.JetStreamDomain = "hub" }})
	require.NoError(t, err)
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	cfg := newConfig(1)
	cfg.Domain = "hub"
	s := openOver(t, nc, cfg)
	offer, err := s.OfferSnapshot(t.Context(), accountKey("a"), core.SnapshotAge{Events: 1}, at(1))
	require.NoError(t, err)
	require.Equal(t, core.Stored, offer)
	require.Equal(t, uint64(1), position(t, s, "a"))
}

// Calls that wait for a server that is gone end with their context, or with the
// store's timeout.
func TestCallsEndWithTheContextOrTheTimeout(t *testing.T) {
	srv, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1))
	require.NoError(t, err)
	defer nc.Close()
	cfg := newConfig(1)
	cfg.Timeout = time.Second
	s := openOver(t, nc, cfg)
	require.NoError(t, srv.Close())

	cause := errors.New("the office has closed")
	short, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel()
	begin := time.Now()
	_, _, err = s.LoadSnapshot(short, accountKey("a"), &state{})
	require.ErrorIs(t, err, cause)
	long, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for _, ctx := range []context.Context{t.Context(), long} {
		_, _, err = s.LoadSnapshot(ctx, accountKey("a"), &state{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.OfferSnapshot(ctx, accountKey("a"), core.SnapshotAge{Events: 1}, at(1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	_, err = kvsnapshot.Open[string](t.Context(), nc, cfg)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), time.Minute)
}
