// Package storetest checks an event store against the contract of package core.
//
// A store's own tests call [Run] with a [Harness]. Each rule of the contract is
// a subtest whose name says it, so a failure names the rule that was broken.
// What a store may leave out ([core.AtomicStore], [core.GloballyOrderedStore],
// [core.IdentifiedStore], [core.SubscribableStore], [core.ListingStore],
// [core.SystemStore], an order of positions, ids made of any text) is found by
// looking, and the rules about it are skipped by name: see them with -v.
//
// One rule plays random operations against a model. It logs its seed; the
// environment variable JETSOURCE_SEED plays the same operations again.
package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

// Harness tells the suite how to make what the store is generic over.
type Harness[ID, Pos comparable, M any] struct {
	// Open returns an empty store, another one at each call. It registers its
	// own clean-up with t.
	Open func(t *testing.T) core.EventStore[ID, Pos, M]
	// ID returns the i-th of distinct identifiers, from 0.
	ID func(i int) ID
	// Metadata returns the i-th of distinct values, from 0, that must come back
	// as they were recorded. Where M has one value only, it returns that.
	Metadata func(i int) M
	// TextID returns the identifier made of a text, whatever the text: another
	// one for each. Where ids are not made of text it is nil, and what hostile
	// ids do is not checked.
	TextID func(text string) ID
}

// Run checks the store that h opens against every rule of the contract.
func Run[ID, Pos comparable, M any](t *testing.T, h Harness[ID, Pos, M]) {
	if h.Open == nil || h.ID == nil || h.Metadata == nil {
		t.Fatal("storetest: the harness has no Open, no ID or no Metadata")
	}
	s := &suite[ID, Pos, M]{h}
	groups := []struct {
		name  string
		rules []rule
	}{
		{"versions", s.versions()},
		{"expectations", s.expectations()},
		{"commits", s.commits()},
		{"envelopes", s.envelopes()},
		{"filters", s.filters()},
		{"reads", s.reads()},
		{"names", s.names()},
		{"atomicity", s.atomicity()},
		{"identity and order", s.identityAndOrder()},
		{"contexts", s.contexts()},
		{"races", s.races()},
		{"model", s.model()},
		{"following", s.following()},
		{"next versions", s.nextVersions()},
		{"recording", s.recording()},
		{"listing", s.listing()},
		{"system entries", s.systemEntries()},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, rule := range group.rules {
				t.Run(rule.name, rule.check)
			}
		})
	}
}

// suite holds the rules, a group of them in each file.
type suite[ID, Pos comparable, M any] struct {
	Harness[ID, Pos, M]
}

// rule is one sentence of the contract and what checks it.
type rule struct {
	name  string
	check func(t *testing.T)
}

// ordered reports whether positions tell an order.
func (s *suite[ID, Pos, M]) ordered() bool {
	var position Pos
	_, unit := any(position).(struct{})
	return !unit
}

func (s *suite[ID, Pos, M]) needOrder(t *testing.T) {
	t.Helper()
	if !s.ordered() {
		t.Skip("this store's positions carry no order")
	}
}
