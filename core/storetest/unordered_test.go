package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/storetest"
)

// unordered is a store whose positions carry no order: its versions are "no
// events" and "some events".
type unordered struct{ events *memory.Store[string, string] }

type (
	position = struct{}
	version  = core.Version[position]
	stored   = core.StoredEvent[string, position, string]
)

func TestUnorderedStore(t *testing.T) {
	storetest.Run(t, storetest.Harness[string, position, string]{
		Open: func(*testing.T) core.EventStore[string, position, string] {
			return unordered{memory.New[string, string]()}
		},
		ID:       func(i int) string { return fmt.Sprint(i) },
		Metadata: func(i int) string { return fmt.Sprint(i) },
		TextID:   func(text string) string { return text },
		Tear:     tear[string, position, string],
	})
}

func (u unordered) TearNext(keep int) { u.events.TearNext(keep) }

func (u unordered) EncodeEvent(event core.Event) (stored, error) {
	e, err := u.events.EncodeEvent(event)
	s := stored{Codec: e.Codec, Data: e.Data}
	s.Kind = e.Kind
	return s, err
}

func (u unordered) DecodeEvent(s stored, event any) error {
	return u.events.DecodeEvent(core.StoredEvent[string, uint64, string]{Codec: s.Codec, Data: s.Data}, event)
}

func (u unordered) Version(ctx context.Context, key core.Key[string]) (version, error) {
	v, err := u.events.Version(ctx, key)
	return exists(v), err
}

func exists(v core.Version[uint64]) version {
	if v.IsZero() {
		return version{}
	}
	return core.At(position{})
}

// Commit takes one commit at a time.
func (u unordered) Commit(ctx context.Context, commits ...core.Commit[string, position, string]) ([]core.Committed[string, position, string], error) {
	if err := core.ValidateAll(commits); err != nil {
		return nil, err
	}
	if len(commits) > 1 {
		return nil, core.ErrNotAtomic
	}
	c := commits[0]
	for {
		at, err := u.events.Version(ctx, c.Key)
		if err != nil {
			return nil, err
		}
		if actual := exists(at); !c.Unchecked && actual != c.Expected {
			return nil, core.FailedCommit(commits, 0, &core.ConflictError[position]{Expected: c.Expected, Actual: actual})
		}
		_, err = u.events.Commit(ctx, core.Commit[string, uint64, string]{
			Key: c.Key, Expected: at, Unchecked: c.Unchecked, Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID,
		})
		if !errors.Is(err, core.ErrConflict) {
			return make([]core.Committed[string, position, string], 1), err
		}
	}
}

func (u unordered) LoadEvents(ctx context.Context, filters ...core.Filter[string, position]) iter.Seq2[stored, error] {
	inner := make([]core.Filter[string, uint64], len(filters))
	for i, f := range filters {
		inner[i] = core.Filter[string, uint64]{EventKind: f.EventKind, Aggregate: f.Aggregate}
	}
	return func(yield func(stored, error) bool) {
		for e, err := range u.events.LoadEvents(ctx, inner...) {
			s := stored{Codec: e.Codec, Data: e.Data}
			s.Key, s.Kind, s.Time, s.Metadata = e.Key, e.Kind, e.Time, e.Metadata
			s.Commit, s.CommandID, s.Origin = e.Commit, e.CommandID, e.Origin
			if !yield(s, err) {
				return
			}
		}
	}
}
