package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) envelopes() []rule {
	return []rule{
		{Name: "an event comes with its key, kind, position and metadata", Check: s.envelopeComplete},
		{Name: "metadata that cannot be decoded is the fault of its event alone", Check: s.metadataAlone},
		{Name: "an event tells its place in its commit", Check: s.placeInCommit},
		{Name: "no two events have one id", Check: s.eventIDsDiffer},
		{Name: "an event tells when it was recorded, in UTC", Check: s.recordedTime},
		{Name: "an event names its codec", Check: s.codecNamed},
		{Name: "an event tells what its commit came from", Check: s.originRecorded},
	}
}

func (s *rules[ID, Pos, M]) envelopeComplete(t *testing.T) {
	p := s.open(t)
	for i := range 8 {
		key := core.Key[ID]{Kind: aggregateKind, ID: s.ID(i)}
		position, err := core.CommitEvents(t.Context(), p.store, key, []core.Event{noted{Number: 1}, counted{2}}, s.Metadata(i))
		if err != nil {
			t.Fatalf("commit with metadata %d: %v", i, err)
		}
		events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
		if len(events) != 2 {
			t.Fatalf("the aggregate has %d events, want 2", len(events))
		}
		for j, kind := range []string{notedKind, countedKind} {
			e := events[j]
			if e.Key != key || e.Kind != kind {
				t.Errorf("event %d has kind %q and key %v, want %q and %v", j, e.Kind, e.Key, kind, key)
			}
			if !reflect.DeepEqual(e.Metadata, s.Metadata(i)) {
				t.Errorf("metadata came back as %+v, want %+v", e.Metadata, s.Metadata(i))
			}
			if e.CommandID != "" {
				t.Errorf("the event has command id %q, but was committed without", e.CommandID)
			}
		}
		if events[1].Position != position {
			t.Errorf("the last event is at position %v, but the commit returned %v", events[1].Position, position)
		}
	}
}

func (s *rules[ID, Pos, M]) placeInCommit(t *testing.T) {
	p, key := s.open(t), s.key(0)
	ids := make(map[string]bool)
	for _, count := range []int{1, 3, 1, 2} {
		p.commit(key, notes(make([]int64, count)...)...)
	}
	events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
	for _, count := range []int{1, 3, 1, 2} {
		if len(events) < count {
			t.Fatal("there are fewer events than were committed")
		}
		id := events[0].Commit.ID
		if id == "" || ids[id] {
			t.Errorf("commit id %q is empty, or that of an earlier commit", id)
		}
		ids[id] = true
		for i, e := range events[:count] {
			if want := (core.CommitInfo{ID: id, Index: i, Count: count}); e.Commit != want {
				t.Errorf("the event's place is %+v, want %+v", e.Commit, want)
			}
		}
		events = events[count:]
	}
}

func (s *rules[ID, Pos, M]) eventIDsDiffer(t *testing.T) {
	p := s.open(t)
	for i := range 6 {
		p.commit(s.key(i%3), notes(make([]int64, i+1)...)...)
	}
	ids := make(map[string]bool)
	for _, e := range p.load(core.Filter[ID, Pos]{}) {
		ids[e.EventID()] = true
	}
	if len(ids) != 21 {
		t.Errorf("21 events have %d ids", len(ids))
	}
}

func (s *rules[ID, Pos, M]) recordedTime(t *testing.T) {
	// The store's clock may be that of another machine.
	const tolerance = time.Minute
	p := s.open(t)
	before := time.Now()
	p.commit(s.key(0), notes(1, 2)...)
	after := time.Now()
	for _, e := range p.load(core.Filter[ID, Pos]{}) {
		if e.Time.Before(before.Add(-tolerance)) || e.Time.After(after.Add(tolerance)) {
			t.Errorf("recorded at %v, but committed between %v and %v", e.Time, before, after)
		}
		if e.Time.Location() != time.UTC {
			t.Errorf("the time is in %v, want UTC", e.Time.Location())
		}
	}
}

func (s *rules[ID, Pos, M]) codecNamed(t *testing.T) {
	p := s.open(t)
	p.commit(s.key(0), noted{Number: 1}, counted{2})
	for stored, err := range p.store.LoadEvents(t.Context(), core.Filter[ID, Pos]{}) {
		if err != nil {
			t.Fatalf("load: %v", err)
		}
		if stored.Codec == "" || len(stored.Data) == 0 {
			t.Errorf("the event has codec %q and %d bytes of data", stored.Codec, len(stored.Data))
		}
	}
}
