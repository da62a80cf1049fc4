package kvsnapshot_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// lastName is the number of the last name that a test was given.
var lastName atomic.Int64

// newConfig returns the config of a store that no other test has, with a snapshot
// after each commit.
func newConfig(replicas int) kvsnapshot.Config {
	return kvsnapshot.Config{
		Bucket:  fmt.Sprint("B", lastName.Add(1)),
		Policy:  core.SnapshotEvery(1),
		Storage: kvsnapshot.Storage{Replicas: replicas},
	}
}

// open opens the store that cfg describes, over a connection of its own.
func open(t testing.TB, cfg kvsnapshot.Config) *kvsnapshot.Store[string] {
	t.Helper()
	return openOver(t, connect(t, cfg.Storage.Replicas), cfg)
}

// openOver opens a store over a connection.
func openOver(t testing.TB, nc *nats.Conn, cfg kvsnapshot.Config) *kvsnapshot.Store[string] {
	t.Helper()
	s, err := kvsnapshot.Open[string](t.Context(), nc, cfg)
	require.NoError(t, err)
	return s
}

type events = jetstream.Store[string, core.NoMetadata]

// openEvents opens the event store that cfg describes, over a connection of its
// own.
func openEvents(t testing.TB, cfg jetstream.Config) *events {
	t.Helper()
	return openEventsOver(t, connect(t, cfg.Replicas), cfg)
}

// openEventsOver opens an event store over a connection.
func openEventsOver(t testing.TB, nc *nats.Conn, cfg jetstream.Config) *events {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// newEventsConfig returns the config of an event store that no other test has.
func newEventsConfig(replicas int) jetstream.Config {
	n := lastName.Add(1)
	return jetstream.Config{Stream: fmt.Sprint("S", n), Prefix: fmt.Sprint("s", n), Replicas: replicas}
}

// bucketOf returns the bucket of a store as nats.go sees it.
func bucketOf(t testing.TB, cfg kvsnapshot.Config) natsjs.KeyValue {
	t.Helper()
	kv, err := streams(t, connect(t, cfg.Storage.Replicas)).KeyValue(t.Context(), cfg.Bucket)
	require.NoError(t, err)
	return kv
}
