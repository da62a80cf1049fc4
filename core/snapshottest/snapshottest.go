// Package snapshottest checks a snapshot store against the contract of
// [core.SnapshotStore].
//
// A store's own tests call [Run] with a [Harness]:
//
//	func TestSnapshots(t *testing.T) {
//		snapshottest.Run(t, snapshottest.Harness[string, uint64]{
//			Open:     func(t *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[string, uint64] { return open(t, policy) },
//			ID:       func(i int) string { return fmt.Sprint("account-", i) },
//			Position: func(i int) uint64 { return uint64(i) },
//			TextID:   func(text string) string { return text },
//		})
//	}
//
// Each rule of the contract is a subtest whose name says it, so a failure names
// the rule that was broken.
package snapshottest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

// Harness tells [Run] how to make what a snapshot store is
// generic over.
type Harness[ID, Pos comparable] struct {
	// Open returns a store without snapshots that takes one when policy says so,
	// another one at each call, also by several at the same time. It registers its
	// own clean-up with t.
	Open func(t *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[ID, Pos]
	// ID returns the i-th of distinct identifiers, from 0.
	ID func(i int) ID
	// Position returns the i-th of increasing positions, from 0.
	Position func(i int) Pos
	// TextID returns the identifier made of a text, whatever the text: another
	// one for each. Where ids are not made of text it is nil, and what suite.Hostile
	// ids do is not checked.
	TextID func(text string) ID
	// Again returns what store holds once more, under another policy. Where that
	// cannot be it is nil, and one rule is skipped.
	Again func(t *testing.T, store core.SnapshotStore[ID, Pos], policy core.SnapshotPolicy) core.SnapshotStore[ID, Pos]
	// Lags tells that a load may be answered by a replica that does not have the
	// latest snapshot yet. Rules then load again for a while.
	Lags bool
}

// Run checks the store that h opens against every rule of
// [core.SnapshotStore]. Each rule is a subtest whose name says it.
func Run[ID, Pos comparable](t *testing.T, h Harness[ID, Pos]) {
	if h.Open == nil || h.ID == nil || h.Position == nil {
		t.Fatal("snapshottest: the harness has no Open, no ID or no Position")
	}
	s := &rules[ID, Pos]{h}
	suite.Run(t, []suite.Group{
		{Name: "loads", Rules: s.loads()},
		{Name: "policies", Rules: s.policies()},
		{Name: "refusals", Rules: s.refusals()},
		{Name: "replacement", Rules: s.replacement()},
		{Name: "layouts", Rules: s.layouts()},
		{Name: "large states", Rules: s.large()},
		{Name: "keys", Rules: s.keys()},
		{Name: "removal", Rules: s.removal()},
		{Name: "contexts", Rules: s.contexts()},
		{Name: "races", Rules: s.races()},
	})
}

// rules holds the rules, a group of them in each file.
type rules[ID, Pos comparable] struct {
	Harness[ID, Pos]
}

// always is the policy of most rules: each offer is due.
var always = core.SnapshotEvery(1)
