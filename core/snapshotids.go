package core

import "context"

// SnapshotsWithIDs returns snapshots with identifiers of a type of their own, for a
// repository of [NewRepositoryWithIDs], so that all repositories of a program share one
// snapshot store. Raw is the function that the repository has.
func SnapshotsWithIDs[ID, Raw, Pos comparable](snapshots SnapshotStore[Raw, Pos], raw func(ID) Raw) SnapshotStore[ID, Pos] {
	return rawSnapshots[ID, Raw, Pos]{snapshots, raw}
}

type rawSnapshots[ID, Raw, Pos comparable] struct {
	store SnapshotStore[Raw, Pos]
	raw   func(ID) Raw
}

func (s rawSnapshots[ID, Raw, Pos]) LoadSnapshot(ctx context.Context, key SnapshotKey[ID], state any) (Snapshot[Pos], bool, error) {
	return s.store.LoadSnapshot(ctx, s.key(key), state)
}

func (s rawSnapshots[ID, Raw, Pos]) OfferSnapshot(ctx context.Context, key SnapshotKey[ID], age SnapshotAge, create func() (Snapshot[Pos], error)) (SnapshotOffer, error) {
	return s.store.OfferSnapshot(ctx, s.key(key), age, create)
}

func (s rawSnapshots[ID, Raw, Pos]) RemoveSnapshots(ctx context.Context, key SnapshotKey[ID]) error {
	return removeSnapshots(ctx, s.store, s.key(key))
}

func (s rawSnapshots[ID, Raw, Pos]) key(key SnapshotKey[ID]) SnapshotKey[Raw] {
	k := SnapshotKey[Raw]{Store: key.Store, Role: key.Role, Kind: key.Kind, Singleton: key.Singleton, Schema: key.Schema}
	if !key.Singleton {
		k.ID = s.raw(key.ID)
	}
	return k
}
