package memory

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/typecheck"
)

// Snapshots is a snapshot store in memory. States are kept as JSON, so that they
// behave as in a store that outlives the program. The zero Snapshots is not
// usable: call [NewSnapshots].
type Snapshots[ID comparable, Pos cmp.Ordered] struct {
	policy core.SnapshotPolicy

	mu     sync.Mutex // guards latest
	latest map[core.SnapshotKey[ID]]snapshot[Pos]
}

// snapshot is a snapshot as the store keeps it, its state encoded.
type snapshot[Pos cmp.Ordered] struct {
	core.Snapshot[Pos]
	state []byte
}

var _ core.SnapshotStore[string, uint64] = (*Snapshots[string, uint64])(nil)

// NewSnapshots returns a store without snapshots that takes one when policy says
// so; by the zero policy, never.
func NewSnapshots[ID comparable, Pos cmp.Ordered](policy core.SnapshotPolicy) *Snapshots[ID, Pos] {
	return &Snapshots[ID, Pos]{policy: policy, latest: make(map[core.SnapshotKey[ID]]snapshot[Pos])}
}

// SnapshotPolicy returns the policy of the store.
func (s *Snapshots[ID, Pos]) SnapshotPolicy() core.SnapshotPolicy { return s.policy }

// LoadSnapshot decodes the stored snapshot of key into state.
func (s *Snapshots[ID, Pos]) LoadSnapshot(ctx context.Context, key core.SnapshotKey[ID], state any) (core.Snapshot[Pos], bool, error) {
	if ctx.Err() != nil {
		return core.Snapshot[Pos]{}, false, context.Cause(ctx)
	}
	s.mu.Lock()
	stored, ok := s.latest[key]
	s.mu.Unlock()
	if !ok {
		return core.Snapshot[Pos]{}, false, nil
	}
	err := core.CheckSnapshotLayout(stored.Layout, state, typecheck.JSON.Layout)
	if err == nil {
		err = typecheck.DecodeJSON(stored.state, state)
	}
	if err != nil {
		return core.Snapshot[Pos]{}, false, &core.SnapshotReadError{Err: err}
	}
	stored.Commands = slices.Clone(stored.Commands) // its reader's own
	return stored.Snapshot, true, nil
}

// OfferSnapshot takes a snapshot if one is due and it is newer than the one that
// the store has.
func (s *Snapshots[ID, Pos]) OfferSnapshot(ctx context.Context, key core.SnapshotKey[ID], age core.SnapshotAge, create func() (core.Snapshot[Pos], error)) (core.SnapshotOffer, error) {
	if ctx.Err() != nil {
		return core.Declined, context.Cause(ctx)
	}
	if !s.policy.Due(age) {
		return core.Declined, nil
	}
	// Not under the lock: create mostly loads the snapshot that there is.
	offered, err := create()
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	state, err := typecheck.EncodeJSON(offered.State)
	if err == nil {
		err = typecheck.Survives(typecheck.JSON.Name(), offered.State, state, typecheck.DecodeJSON)
	}
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	offered.Layout = typecheck.JSON.Layout(reflect.TypeOf(offered.State))
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, ok := s.latest[key]; ok && !offered.Supersedes(stored.Snapshot, cmp.Compare) {
		return core.Declined, nil
	}
	offered.State, offered.Replaces = nil, ""
	offered.Commands = slices.Clone(offered.Commands)
	s.latest[key] = snapshot[Pos]{offered, state}
	return core.Stored, nil
}
