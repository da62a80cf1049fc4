package coretest

import (
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// Seed records the history of an aggregate, whatever version it is at and
// whatever its commands would say, with no metadata. It returns the version that
// the aggregate is then at. Without events it records nothing.
func Seed[ID, Pos comparable, M any](t testing.TB, store core.EventStore[ID, Pos, M], key core.Key[ID], events ...core.Event) core.Version[Pos] {
	t.Helper()
	var none M
	return SeedWith(t, store, key, none, events...)
}

// SeedWith is [Seed] with metadata.
func SeedWith[ID, Pos comparable, M any](t testing.TB, store core.EventStore[ID, Pos, M], key core.Key[ID], metadata M, events ...core.Event) core.Version[Pos] {
	t.Helper()
	if len(events) == 0 {
		version, err := store.Version(t.Context(), key)
		if err != nil {
			t.Fatalf("seed %v: %v", key, err)
		}
		return version
	}
	position, err := core.CommitEvents(t.Context(), store, key, events, metadata)
	if of, ok := errors.AsType[*core.CommitError](err); ok {
		err = of.Err // the key is named below
	}
	if err != nil {
		t.Fatalf("seed %v: %v", key, err)
	}
	return core.At(position)
}
