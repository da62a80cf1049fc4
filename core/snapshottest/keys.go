package snapshottest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) keys() []suite.Rule {
	return []suite.Rule{
		{Name: "role, kind, id and schema keep snapshots apart", Check: s.apart},
		{Name: "snapshots of two stores do not meet", Check: s.storesApart},
		{Name: "the only instance of a kind is none that has an id", Check: s.onlyApart},
		{Name: "snapshots of hostile kinds are kept apart or refused", Check: s.hostileKinds},
		{Name: "snapshots of hostile ids are kept apart or refused", Check: s.hostileIDs},
	}
}

func (s *rules[ID, Pos]) apart(t *testing.T) {
	var keys []core.SnapshotKey[ID]
	for _, role := range []core.SnapshotRole{core.AggregateSnapshot, core.ProjectionSnapshot} {
		for _, kind := range []string{"a", "b", "a.b", "snapshottest"} {
			for id := range 3 {
				for _, schema := range []int{0, 1, 11} {
					keys = append(keys, core.SnapshotKey[ID]{Role: role, Kind: kind, ID: s.ID(id), Schema: schema})
				}
			}
		}
	}
	s.keptApart(t, keys, false)
}

// Stores without an identifier have one key, and so do restored copies of a store.
func (s *rules[ID, Pos]) storesApart(t *testing.T) {
	var keys []core.SnapshotKey[ID]
	for _, store := range []string{"", "store", "Store", "another", "a.b", "a/b", "=", "events@1", "1", "11"} {
		for _, singleton := range []bool{false, true} {
			key := s.key(0)
			if singleton {
				key = core.SnapshotKey[ID]{Role: core.ProjectionSnapshot, Kind: "snapshottest", Singleton: true}
			}
			key.Store = store
			keys = append(keys, key)
		}
	}
	s.keptApart(t, keys, false)
}

func (s *rules[ID, Pos]) onlyApart(t *testing.T) {
	only := s.key(0)
	var none ID
	only.ID, only.Singleton = none, true
	again := only
	again.Schema = 1
	s.keptApart(t, []core.SnapshotKey[ID]{s.key(0), only, s.key(1), again}, false)
	p := s.open(t, always)
	p.put(only, s.snapshot(1))
	withID := only
	withID.Singleton = false
	// The zero id may be one that the store refuses.
	if snap, ok, err := p.store.LoadSnapshot(t.Context(), withID, &folded{}); ok && err == nil {
		t.Errorf("the snapshot of the only instance is found under the zero id: %v", snap)
	}
}

func (s *rules[ID, Pos]) hostileKinds(t *testing.T) {
	var keys []core.SnapshotKey[ID]
	for _, kind := range suite.Hostile {
		keys = append(keys, core.SnapshotKey[ID]{Role: core.AggregateSnapshot, Kind: kind, ID: s.ID(0)})
	}
	s.keptApart(t, keys, true)
}

func (s *rules[ID, Pos]) hostileIDs(t *testing.T) {
	if s.TextID == nil {
		t.Skip("the harness has no TextID, so no hostile ids are tried")
	}
	keys := []core.SnapshotKey[ID]{{Role: core.AggregateSnapshot, Kind: "snapshottest", Singleton: true}}
	// Some of them spell what a store may write for an id that there is not.
	for _, text := range append([]string{"", "_", "==", "=3D", "only", "none", "true"}, suite.Hostile...) {
		keys = append(keys, core.SnapshotKey[ID]{Role: core.AggregateSnapshot, Kind: "snapshottest", ID: s.TextID(text)})
	}
	s.keptApart(t, keys, true)
}

// keptApart stores a snapshot under each key, then looks whether each is found
// under its own. A key that is refused has none.
func (s *rules[ID, Pos]) keptApart(t *testing.T, keys []core.SnapshotKey[ID], mayRefuse bool) {
	t.Helper()
	p := s.open(t, always)
	refused := make(map[int]bool)
	for i, key := range keys {
		// The later ones are older, so that each has to have a place of its own.
		offer, err := p.offer(key, s.snapshot(len(keys)-i))
		refused[i] = err != nil
		switch {
		case err != nil && !mayRefuse:
			t.Fatalf("offer to %.80v: %v", key, err)
		case err == nil && offer != core.Stored:
			t.Errorf("the snapshot of %.80v is %v: another one is in its place", key, offer)
		}
	}
	if refused[0] {
		t.Fatalf("offer to %.80v is refused", keys[0])
	}
	for i, key := range keys {
		if !refused[i] {
			p.want(key, s.snapshot(len(keys)-i))
		} else if snap, ok, err := p.store.LoadSnapshot(t.Context(), key, &folded{}); ok && err == nil {
			t.Errorf("%.80v was refused, and has a snapshot: %v", key, snap)
		}
	}
}
