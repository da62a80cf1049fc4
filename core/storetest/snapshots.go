package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

// SnapshotHarness tells [RunSnapshots] how to make what a snapshot store is
// generic over.
type SnapshotHarness[ID, Pos comparable] struct {
	// Open returns a store without snapshots that takes one when policy says so,
	// another one at each call. It registers its own clean-up with t.
	Open func(t *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[ID, Pos]
	// ID returns the i-th of distinct identifiers, from 0.
	ID func(i int) ID
	// Position returns the i-th of increasing positions, from 0.
	Position func(i int) Pos
	// TextID returns the identifier made of a text, whatever the text: another
	// one for each. Where ids are not made of text it is nil, and what hostile
	// ids do is not checked.
	TextID func(text string) ID
	// Again returns what store holds once more, under another policy. Where that
	// cannot be it is nil, and one rule is skipped.
	Again func(t *testing.T, store core.SnapshotStore[ID, Pos], policy core.SnapshotPolicy) core.SnapshotStore[ID, Pos]
	// Lags tells that a load may be answered by a replica that does not have the
	// latest snapshot yet. Rules then load again for a while.
	Lags bool
}

// RunSnapshots checks the store that h opens against every rule of
// [core.SnapshotStore]. Each rule is a subtest whose name says it.
func RunSnapshots[ID, Pos comparable](t *testing.T, h SnapshotHarness[ID, Pos]) {
	if h.Open == nil || h.ID == nil || h.Position == nil {
		t.Fatal("storetest: the harness has no Open, no ID or no Position")
	}
	s := &snapshotSuite[ID, Pos]{h}
	groups := []struct {
		name  string
		rules []rule
	}{
		{"loads", s.loads()},
		{"policies", s.policies()},
		{"refusals", s.refusals()},
		{"replacement", s.replacement()},
		{"keys", s.keys()},
		{"contexts", s.contexts()},
		{"races", s.races()},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, rule := range group.rules {
				t.Run(rule.name, rule.check)
			}
		})
	}
}

// snapshotSuite holds the rules, a group of them in each file.
type snapshotSuite[ID, Pos comparable] struct {
	SnapshotHarness[ID, Pos]
}

// always is the policy of most rules: each offer is due.
var always = core.SnapshotEvery(1)
