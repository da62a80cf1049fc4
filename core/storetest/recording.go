package storetest

import (
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *suite[ID, Pos, M]) recording() []rule {
	return []rule{
		{"Record returns the events as they are loaded", s.recordReturnsEvents},
		{"Record checks the version", s.recordChecks},
	}
}

func (p *probe[ID, Pos, M]) needRecording() core.RecordingStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.RecordingStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.RecordingStore")
	}
	return store
}

func (s *suite[ID, Pos, M]) recordReturnsEvents(t *testing.T) {
	p := s.open(t)
	store := p.needRecording()
	for i, commit := range []core.Commit[ID, Pos, M]{
		{Key: s.key(0), Events: notes(1)},
		{Key: s.key(1), Unchecked: true, Events: []core.Event{noted{Number: 2, Text: "é \x00 \r\n"}, counted{3}, noted{Number: 4}}},
		{Key: s.key(0), Unchecked: true, Events: notes(5, 6)},
		{Key: s.key(2), Events: []core.Event{counted{7}}, CommandID: "command 7"},
	} {
		commit.Metadata = s.Metadata(i)
		events, err := store.Record(t.Context(), commit)
		if err != nil {
			t.Fatalf("record commit %d: %v", i, err)
		}
		var loaded []core.StoredEvent[ID, Pos, M]
		for e, err := range store.LoadEvents(t.Context(), core.Filter[ID, Pos]{Aggregate: &commit.Key}) {
			if err != nil {
				t.Fatalf("load commit %d: %v", i, err)
			}
			loaded = append(loaded, e)
		}
		loaded = loaded[max(0, len(loaded)-len(commit.Events)):]
		if len(events) != len(loaded) || len(events) != len(commit.Events) {
			t.Fatalf("Record of %d events returned %d, of which %d can be loaded", len(commit.Events), len(events), len(loaded))
		}
		for j, e := range events {
			if e.Time.IsZero() {
				e.Time = loaded[j].Time
			}
			if !reflect.DeepEqual(e, loaded[j]) {
				t.Errorf("Record returned event %d of commit %d as %+v, but it is loaded as %+v", j, i, e, loaded[j])
			}
		}
	}
}

func (s *suite[ID, Pos, M]) recordChecks(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needRecording()
	at := core.At(p.commit(key, notes(1, 2)...))
	p.writesNothing("a conflict of Record", func() {
		_, err := store.Record(t.Context(), core.Commit[ID, Pos, M]{Key: key, Events: notes(3), Metadata: s.Metadata(0)})
		p.wantConflict("Record for a new aggregate", err, core.Version[Pos]{}, at)
	})
	if _, err := store.Record(t.Context(), core.Commit[ID, Pos, M]{Key: key, Expected: at, Events: notes(3), Metadata: s.Metadata(0)}); err != nil {
		t.Errorf("Record at the exact version: %v", err)
	}
}
