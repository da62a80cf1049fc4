package core

import "context"

// Snapshot is a state, and what it was folded from. It is a cache: whatever it
// holds, the events hold too.
type Snapshot[Pos comparable] struct {
	// Position is that of the last event folded into the state.
	Position Pos
	// EventID identifies the event at Position. A log that was restored or made
	// anew has another event there.
	EventID string
	// StoreID identifies the store of the events; empty if it has no identity.
	StoreID string
	// Table identifies the kinds of events that were folded: a program that
	// knows others would have come to another state.
	Table string
	// Layout identifies the layout of the state as the store's codec sees it. The
	// store sets it.
	Layout string
	// Commands are the latest commands with an id, oldest first. What was loaded
	// is the reader's own.
	Commands []ProcessedCommand[Pos]
	// State is what is encoded when the snapshot is offered. A snapshot that was
	// loaded has none: its state went where the caller said.
	State any
	// Replaces is the EventID of a stored snapshot that was found not to be of
	// these events. The new one takes its place, wherever that was. It is not
	// stored.
	Replaces string
}

// Supersedes reports whether s takes the place of stored, a snapshot of the same
// key: its position comes later, stored is of another store, of other kinds of
// events or of another layout, or stored is the snapshot that s replaces. It is what a
// [SnapshotStore] asks before it overwrites a snapshot that it can read. compare
// orders positions: [cmp.Compare], or ComparePositions of the event store.
func (s Snapshot[Pos]) Supersedes(stored Snapshot[Pos], compare func(a, b Pos) int) bool {
	return compare(s.Position, stored.Position) > 0 ||
		s.StoreID != stored.StoreID || s.Table != stored.Table || s.Layout != stored.Layout ||
		s.Replaces != "" && s.Replaces == stored.EventID
}

// SnapshotRole says what uses a snapshot.
type SnapshotRole string

// The roles of snapshots.
const (
	AggregateSnapshot  SnapshotRole = "aggregate"
	ProjectionSnapshot SnapshotRole = "projection"
)

// SnapshotKey names what a snapshot is of. Stores of events may share a
// [SnapshotStore]: snapshots of two never have one key.
type SnapshotKey[ID comparable] struct {
	// Store is the identifier of the store of the events: see [IdentifiedStore].
	// It is empty if that has none.
	Store string
	Role  SnapshotRole
	// Kind is that of the aggregate or projection.
	Kind string
	// ID identifies the instance, if there are several.
	ID ID
	// Singleton is set where there is one instance of the kind, without an ID.
	Singleton bool
	// Schema is the number that the program gives the meaning of the state, so that
	// programs of two numbers do not overwrite each other's.
	Schema int
}

// SnapshotStore keeps the latest snapshot of each key, and decides when a new
// one is worth keeping. Package snapshottest checks an implementation. All methods
// are safe for concurrent use.
//
// A method returns soon after its context has ended, and leaves no goroutine: a
// repository gives it a fraction of a second, and goes on without.
//
// An error of one snapshot is a [SnapshotReadError] or a [SnapshotCreateError]. After
// the latter a repository offers no snapshot of the same key before twice as many
// events were recorded, and none of any key if the type of the state is why. Any other
// error is one of the store, which a repository then leaves alone for a pause, from
// a second to a minute.
type SnapshotStore[ID, Pos comparable] interface {
	// LoadSnapshot decodes the stored snapshot of key into state, a pointer, and
	// returns it. It returns false, and leaves state alone, if there is none. A
	// snapshot that cannot be read is a [SnapshotReadError], and what state then
	// holds is not used. So is one whose state had another layout than the one that
	// state points to: it matches [ErrSnapshotLayout]. Into an interface any state is
	// decoded. The caller checks that the snapshot is of the right events.
	LoadSnapshot(ctx context.Context, key SnapshotKey[ID], state any) (Snapshot[Pos], bool, error)

	// OfferSnapshot tells the store how old the last snapshot is that was used. The store calls create, at most once and
	// before it returns, only if it wants a new one. An error of create is a
	// [SnapshotCreateError], and so is a state that cannot be encoded, that would
	// come back as another one, or that is too large. The store never replaces a snapshot by one that is not
	// newer, unless the one it has cannot be read, is of another store, table or layout,
	// or is the one that the new one replaces.
	OfferSnapshot(ctx context.Context, key SnapshotKey[ID], age SnapshotAge, create func() (Snapshot[Pos], error)) (SnapshotOffer, error)
}

// PolicySnapshots is what a [SnapshotStore] may have besides, so that a live projection
// need not offer a snapshot at each event.
type PolicySnapshots interface {
	// SnapshotPolicy returns what the store decides by. It is always the same.
	SnapshotPolicy() SnapshotPolicy
}

// RemovableSnapshots is what a [SnapshotStore] may have besides, so that what is to be
// forgotten can be removed from it: see [Repository.DropState].
type RemovableSnapshots[ID comparable] interface {
	// RemoveSnapshots removes the snapshots of a key, of all schemas: that of a former
	// program, too, may hold what is to be forgotten. It is no error if there is none.
	RemoveSnapshots(ctx context.Context, key SnapshotKey[ID]) error
}

// SnapshotOffer is a store's answer to an offered snapshot.
type SnapshotOffer int

// The answers to an offer.
const (
	// Declined means that the store has not taken the snapshot, nor will it.
	Declined SnapshotOffer = iota
	// Stored means that the store has the snapshot now.
	Stored
)

// String returns "declined" or "stored".
func (o SnapshotOffer) String() string {
	if o == Stored {
		return "stored"
	}
	return "declined"
}

// NoSnapshots is a [SnapshotStore] that has none and declines all.
type NoSnapshots[ID, Pos comparable] struct{}

// LoadSnapshot returns false.
func (NoSnapshots[ID, Pos]) LoadSnapshot(context.Context, SnapshotKey[ID], any) (Snapshot[Pos], bool, error) {
	return Snapshot[Pos]{}, false, nil
}

// OfferSnapshot declines.
func (NoSnapshots[ID, Pos]) OfferSnapshot(context.Context, SnapshotKey[ID], SnapshotAge, func() (Snapshot[Pos], error)) (SnapshotOffer, error) {
	return Declined, nil
}

// RemoveSnapshots has nothing to remove.
func (NoSnapshots[ID, Pos]) RemoveSnapshots(context.Context, SnapshotKey[ID]) error { return nil }

// SnapshotPolicy returns the policy that is never.
func (NoSnapshots[ID, Pos]) SnapshotPolicy() SnapshotPolicy { return SnapshotPolicy{} }
