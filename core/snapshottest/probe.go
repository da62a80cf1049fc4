package snapshottest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

// probe is a snapshot store under test and how a rule speaks to it. What
// has to work ends the rule when it does not.
type probe[ID, Pos comparable] struct {
	*testing.T
	*rules[ID, Pos]
	store core.SnapshotStore[ID, Pos]
}

// folded is the state that rules take snapshots of.
type folded struct {
	Number int
	Text   string
	Tags   map[string]string
	List   []int
}

// timeout is how long a store that lags is asked again.
const timeout = 10 * time.Second

func (s *rules[ID, Pos]) open(t *testing.T, policy core.SnapshotPolicy) *probe[ID, Pos] {
	t.Helper()
	return &probe[ID, Pos]{T: t, rules: s, store: s.Open(t, policy)}
}

// key returns the i-th of distinct keys.
func (s *rules[ID, Pos]) key(i int) core.SnapshotKey[ID] {
	return core.SnapshotKey[ID]{Role: core.AggregateSnapshot, Kind: "snapshottest", ID: s.ID(i)}
}

// snapshot returns the i-th of snapshots that are each newer than the one
// before.
func (s *rules[ID, Pos]) snapshot(i int) core.Snapshot[Pos] {
	return core.Snapshot[Pos]{
		Position: s.Position(i), EventID: fmt.Sprint("event-", i), StoreID: "store", Table: "table",
		State: folded{Number: i, Text: "\x00\r\n\"é 🙂", Tags: map[string]string{"a": "b"}, List: []int{1, 2, i}},
	}
}

// offer offers a snapshot that the policy asks for.
func (p *probe[ID, Pos]) offer(key core.SnapshotKey[ID], snap core.Snapshot[Pos]) (core.SnapshotOffer, error) {
	return p.store.OfferSnapshot(p.Context(), key, core.SnapshotAge{Events: 1}, func() (core.Snapshot[Pos], error) { return snap, nil })
}

// wantOffer offers a snapshot and checks the answer.
func (p *probe[ID, Pos]) wantOffer(what string, key core.SnapshotKey[ID], snap core.Snapshot[Pos], want core.SnapshotOffer) {
	p.Helper()
	got, err := p.offer(key, snap)
	if err != nil || got != want {
		p.Fatalf("offer of %s: got %v, error %v; want %v", what, got, err, want)
	}
}

func (p *probe[ID, Pos]) put(key core.SnapshotKey[ID], snap core.Snapshot[Pos]) {
	p.Helper()
	p.wantOffer("a new snapshot", key, snap, core.Stored)
}

// load returns the stored snapshot, and the state that it was loaded into.
func (p *probe[ID, Pos]) load(ctx context.Context, key core.SnapshotKey[ID]) (core.Snapshot[Pos], folded, bool, error) {
	var state folded
	snap, ok, err := p.store.LoadSnapshot(ctx, key, &state)
	return snap, state, ok, err
}

// want checks that the store has a snapshot, as it was offered.
func (p *probe[ID, Pos]) want(key core.SnapshotKey[ID], want core.Snapshot[Pos]) {
	p.Helper()
	until := time.Now().Add(timeout)
	for {
		err := p.compare(key, want)
		if err == nil {
			return
		}
		if !p.Lags || time.Now().After(until) {
			p.Fatal(err)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (p *probe[ID, Pos]) compare(key core.SnapshotKey[ID], want core.Snapshot[Pos]) error {
	got, state, ok, err := p.load(p.Context(), key)
	switch {
	case err != nil:
		return fmt.Errorf("load: %w", err)
	case !ok:
		return fmt.Errorf("load: got none, want the snapshot at %v", want.Position)
	case !reflect.DeepEqual(state, want.State):
		return fmt.Errorf("the state is %+v, want %+v", state, want.State)
	}
	want.State, want.Replaces = nil, ""
	if want.Layout == "" {
		got.Layout = "" // which the store has set
	}
	if len(got.Commands) == 0 && len(want.Commands) == 0 {
		got.Commands, want.Commands = nil, nil
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %.300v, want %.300v", got, want)
	}
	return nil
}

// wantNone checks that the store has no snapshot, and leaves the state alone.
func (p *probe[ID, Pos]) wantNone(key core.SnapshotKey[ID]) {
	p.Helper()
	state := folded{Number: 42, Tags: map[string]string{"a": "1"}, List: []int{1}}
	before := folded{Number: 42, Tags: map[string]string{"a": "1"}, List: []int{1}}
	snap, ok, err := p.store.LoadSnapshot(p.Context(), key, &state)
	if err != nil || ok {
		p.Fatalf("load: got %v (%t), error %v; want none", snap, ok, err)
	}
	if !reflect.DeepEqual(state, before) {
		p.Fatalf("the load of no snapshot made the state %+v", state)
	}
}
