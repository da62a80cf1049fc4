package core_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// shelf is a snapshot store that takes whatever it is offered, and lets a test
// change what it has.
type shelf struct {
	mu        sync.Mutex // guards what follows
	snapshots map[core.SnapshotKey[string]]core.Snapshot[uint64]
	offers    []int // events since the last one
	loadErr   error
	offerErr  error
}

func newShelf() *shelf {
	return &shelf{snapshots: make(map[core.SnapshotKey[string]]core.Snapshot[uint64])}
}

// accountShelf names the snapshot of an account.
func accountShelf(id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.AggregateSnapshot, Kind: "account", ID: id}
}

func (s *shelf) LoadSnapshot(_ context.Context, key core.SnapshotKey[string], state any) (core.Snapshot[uint64], bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.snapshots[key]
	if !ok {
		return snap, false, s.loadErr
	}
	if err := json.Unmarshal(snap.State.([]byte), state); err != nil {
		return snap, false, err
	}
	snap.State = nil
	return snap, true, s.loadErr
}

func (s *shelf) OfferSnapshot(_ context.Context, key core.SnapshotKey[string], eventsSince int, create func() (core.Snapshot[uint64], error)) (core.SnapshotOffer, error) {
	s.mu.Lock()
	s.offers = append(s.offers, eventsSince)
	err := s.offerErr
	s.mu.Unlock()
	if err != nil {
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
	old, ok := s.snapshots[key]
	if ok && !snap.Supersedes(old, cmp.Compare) {
		return core.Declined, nil
	}
	snap.State = data
	s.snapshots[key] = snap
	return core.Stored, nil
}

// change changes the snapshot of an account.
func (s *shelf) change(id string, f func(*core.Snapshot[uint64])) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := s.snapshots[accountShelf(id)]
	f(&snap)
	s.snapshots[accountShelf(id)] = snap
}

// logged returns what is logged from here to the end of the test.
func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var buffer bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&buffer, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &buffer
}
