package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Snapshots is a snapshot store in memory. States are kept as JSON, so that they
// behave as in a store that outlives the program. The zero Snapshots is not
// usable: call [NewSnapshots].
type Snapshots[ID comparable, Pos cmp.Ordered] struct {
	policy core.SnapshotPolicy
	codec  Codec

	mu     sync.Mutex // guards latest
	latest map[core.SnapshotKey[ID]]snapshot[Pos]
}

// snapshot is a snapshot as the store keeps it, its state encoded.
type snapshot[Pos cmp.Ordered] struct {
	core.Snapshot[Pos]
	state []byte
}

var (
	_ core.SnapshotStore[string, uint64] = (*Snapshots[string, uint64])(nil)
	_ core.RemovableSnapshots[string]    = (*Snapshots[string, uint64])(nil)
)

// NewSnapshots returns a store without snapshots that takes one when policy says
// so; by the zero policy, never.
func NewSnapshots[ID comparable, Pos cmp.Ordered](policy core.SnapshotPolicy) *Snapshots[ID, Pos] {
	return NewSnapshotsWithCodec[ID, Pos](policy, plainJSON{})
}

// NewSnapshotsWithCodec is [NewSnapshots] of a store that keeps states as a codec writes them.
func NewSnapshotsWithCodec[ID comparable, Pos cmp.Ordered](policy core.SnapshotPolicy, c Codec) *Snapshots[ID, Pos] {
	return &Snapshots[ID, Pos]{policy: policy, codec: c, latest: make(map[core.SnapshotKey[ID]]snapshot[Pos])}
}

// RemoveSnapshots removes the snapshots of a key, of all schemas.
func (s *Snapshots[ID, Pos]) RemoveSnapshots(ctx context.Context, key core.SnapshotKey[ID]) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.latest, func(stored core.SnapshotKey[ID], _ snapshot[Pos]) bool {
		stored.Schema = key.Schema
		return stored == key
	})
	return nil
}

// stateKind is the kind for which the state of a key is encoded. It is no kind of events.
func stateKind[ID comparable](key core.SnapshotKey[ID]) string {
	return fmt.Sprintf("_snapshot %s %q %v %d %s", key.Role, key.Kind, key.ID, key.Schema, key.Store)
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
	err := core.CheckSnapshotLayout(stored.Layout, state, func(t reflect.Type) string { return layout(s.codec, t) })
	if err == nil {
		err = decode(s.codec, stateKind(key), stored.state, state)
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
	state, err := encodeState(s.codec, stateKind(key), offered.State)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	offered.Layout = layout(s.codec, reflect.TypeOf(offered.State))
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
