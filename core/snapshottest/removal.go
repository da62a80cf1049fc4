package snapshottest

import (
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) removal() []suite.Rule {
	return []suite.Rule{
		{Name: "snapshots of all schemas of a key are removed, and no others", Check: s.removed},
	}
}

func (s *rules[ID, Pos]) removed(t *testing.T) {
	p := s.open(t, always)
	removable, ok := p.store.(core.RemovableSnapshots[ID])
	if !ok {
		t.Skip("the store removes no snapshots")
	}
	var gone, kept []core.SnapshotKey[ID]
	for _, schema := range []int{0, 1, 11} {
		for _, id := range []int{0, 1} {
			for _, store := range []string{"store", "another"} {
				key := s.key(id)
				key.Schema, key.Store = schema, store
				if id == 0 && store == "store" {
					gone = append(gone, key)
				} else {
					kept = append(kept, key)
				}
				p.put(key, s.snapshot(1))
			}
		}
	}
	for range 2 { // it is no error if there is none
		if err := removable.RemoveSnapshots(t.Context(), gone[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range gone {
		p.awaitNone(key)
	}
	for _, key := range kept {
		p.want(key, s.snapshot(1))
	}
	p.put(gone[0], s.snapshot(0)) // an older one than there was
	p.want(gone[0], s.snapshot(0))
}

// awaitNone checks that a key has no snapshot, if need be after a while.
func (p *probe[ID, Pos]) awaitNone(key core.SnapshotKey[ID]) {
	p.Helper()
	for until := time.Now().Add(timeout); p.Lags && time.Now().Before(until); <-time.After(5 * time.Millisecond) {
		if _, _, ok, err := p.load(p.Context(), key); err == nil && !ok {
			break
		}
	}
	p.wantNone(key)
}
