// Package storetest checks an event store against the contract of package core.
//
// A store's own tests call [Run] with a [Harness]. Each rule of the contract is
// a subtest whose name says it, so a failure names the rule that was broken.
// What a store may leave out ([core.AtomicStore], [core.GloballyOrderedStore],
// [core.IdentifiedStore], [core.SubscribableStore], [core.ListingStore],
// [core.SystemStore], an order of positions, ids made of any text) is found by
// looking, and the rules about it are skipped by name: see them with -v. So are
// those about torn commits, unless the harness can tear one.
//
// One rule plays random operations against a model. It logs its seed; the
// environment variable JETSOURCE_SEED plays the same operations again.
package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

// Harness tells the suite how to make what the store is generic over.
type Harness[ID, Pos comparable, M any] struct {
	// Open returns an empty store, another one at each call. It registers its
	// own clean-up with t. Rules run in parallel, so it is called at the same time
	// by several.
	Open func(t *testing.T) core.EventStore[ID, Pos, M]
	// ID returns the i-th of distinct identifiers, from 0.
	ID func(i int) ID
	// Metadata returns the i-th of distinct values, from 0, that must come back
	// as they were recorded. Where M has one value only, it returns that.
	Metadata func(i int) M
	// TextID returns the identifier made of a text, whatever the text: another
	// one for each. Where ids are not made of text it is nil, and what suite.Hostile
	// ids do is not checked.
	TextID func(text string) ID
	// Tear makes commits as Commit of a store does, but as if power was lost while
	// they were written: of all their events and entries, in order, the store keeps
	// the first keep, at least one and not all, and it returns no answer. It is
	// given a store that Open returned, which would take the commits. When Tear
	// returns, the store is as after its restart, and works; subscriptions under way
	// go on. Where commits cannot be torn it is nil, and what becomes of torn ones is
	// not checked.
	Tear func(t *testing.T, store core.EventStore[ID, Pos, M], keep int, commits ...core.Commit[ID, Pos, M])
	// CommitUnreadable commits events, unchecked and in one commit, with metadata
	// that cannot be decoded into M: as an earlier program has recorded it, whose M
	// was another type. It is given a store that Open returned. Where that cannot be
	// done it is nil, and what becomes of such events is not checked.
	CommitUnreadable func(t *testing.T, store core.EventStore[ID, Pos, M], key core.Key[ID], events ...core.Event)
}

// Run checks the store that h opens against every rule of the contract.
func Run[ID, Pos comparable, M any](t *testing.T, h Harness[ID, Pos, M]) {
	if h.Open == nil || h.ID == nil || h.Metadata == nil {
		t.Fatal("storetest: the harness has no Open, no ID or no Metadata")
	}
	s := &rules[ID, Pos, M]{h}
	suite.Run(t, []suite.Group{
		{Name: "versions", Rules: s.versions()},
		{Name: "expectations", Rules: s.expectations()},
		{Name: "commits", Rules: s.commits()},
		{Name: "envelopes", Rules: s.envelopes()},
		{Name: "filters", Rules: s.filters()},
		{Name: "reads", Rules: s.reads()},
		{Name: "names", Rules: s.names()},
		{Name: "atomicity", Rules: s.atomicity()},
		{Name: "guards", Rules: s.guards()},
		{Name: "identity and order", Rules: s.identityAndOrder()},
		{Name: "contexts", Rules: s.contexts()},
		{Name: "races", Rules: s.races()},
		{Name: "model", Rules: s.model()},
		{Name: "following", Rules: s.following()},
		{Name: "next versions", Rules: s.nextVersions()},
		{Name: "recording", Rules: s.recording()},
		{Name: "listing", Rules: s.listing()},
		{Name: "system entries", Rules: s.systemEntries()},
		{Name: "torn commits", Rules: s.tornCommits()},
	})
}

// rules holds the rules, a group of them in each file.
type rules[ID, Pos comparable, M any] struct {
	Harness[ID, Pos, M]
}

type rule = suite.Rule

// ordered reports whether positions tell an order.
func (s *rules[ID, Pos, M]) ordered() bool {
	var position Pos
	_, unit := any(position).(struct{})
	return !unit
}

func (s *rules[ID, Pos, M]) needOrder(t *testing.T) {
	t.Helper()
	if !s.ordered() {
		t.Skip("this store's positions carry no order")
	}
}
