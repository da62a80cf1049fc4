// Package fakes has the fakes that several test packages share.
package fakes

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Snapshots is a snapshot store that accepts every newer snapshot, and lets a test
// change the stored ones. Its fields are for tests without goroutines.
type Snapshots struct {
	mu       sync.Mutex // guards the fields below
	Stored   map[core.SnapshotKey[string]]core.Snapshot[uint64]
	Offers   []int // the eventsSince of each offer
	Due      int   // offers of fewer events are declined
	LoadErr  error
	OfferErr error
}

// NewSnapshots returns an empty store.
func NewSnapshots() *Snapshots {
	return &Snapshots{Stored: make(map[core.SnapshotKey[string]]core.Snapshot[uint64])}
}

// AccountKey names the snapshot of an account of a store.
func AccountKey(storeID, id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Store: storeID, Role: core.AggregateSnapshot, Kind: "account", ID: id}
}

// LoadSnapshot decodes the stored snapshot, and returns LoadErr.
func (s *Snapshots) LoadSnapshot(_ context.Context, key core.SnapshotKey[string], state any) (core.Snapshot[uint64], bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.Stored[key]
	if !ok {
		return snap, false, s.LoadErr
	}
	if err := json.Unmarshal(snap.State.([]byte), state); err != nil {
		return snap, false, &core.SnapshotReadError{Err: err}
	}
	snap.State = nil
	return snap, true, s.LoadErr
}

// OfferSnapshot stores a newer snapshot, or returns OfferErr.
func (s *Snapshots) OfferSnapshot(_ context.Context, key core.SnapshotKey[string], age core.SnapshotAge, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	s.mu.Lock()
	s.Offers = append(s.Offers, age.Events)
	err, due := s.OfferErr, age.Events >= s.Due
	s.mu.Unlock()
	if err != nil || !due {
		return core.Declined, err
	}
	snap, err := create()
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	data, err := json.Marshal(snap.State)
	if err != nil {
		return core.Declined, &core.SnapshotCreateError{Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.Stored[key]
	if ok && snap.Position <= old.Position && snap.StoreID == old.StoreID && snap.Table == old.Table && snap.Replaces != old.EventID {
		return core.Declined, nil
	}
	snap.State = data
	s.Stored[key] = snap
	return core.Stored, nil
}

// Of returns the snapshot of an id, of whatever store.
func (s *Snapshots) Of(id string) core.Snapshot[uint64] {
	for key, snap := range s.Stored {
		if key.ID == id {
			return snap
		}
	}
	return core.Snapshot[uint64]{}
}

// Change changes the snapshot of an id, of whatever store.
func (s *Snapshots) Change(id string, f func(*core.Snapshot[uint64])) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, snap := range s.Stored {
		if key.ID == id {
			f(&snap)
			s.Stored[key] = snap
		}
	}
}
