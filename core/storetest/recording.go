package storetest

import (
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) recording() []rule {
	return []rule{
		{Name: "Commit returns the events as they are loaded", Check: s.recordReturnsEvents},
		{Name: "an event that would come back as another one is refused", Check: s.changedRefused},
	}
}

func (s *rules[ID, Pos, M]) recordReturnsEvents(t *testing.T) {
	p := s.open(t)
	for i, commit := range []core.Commit[ID, Pos, M]{
		{Key: s.key(0), Events: notes(1)},
		{Key: s.key(1), Unchecked: true, Events: []core.Event{noted{Number: 2, Text: "é \x00 \r\n"}, counted{3}, noted{Number: 4}}},
		{Key: s.key(0), Unchecked: true, Events: notes(5, 6)},
		{Key: s.key(2), Events: []core.Event{counted{7}}, CommandID: "command 7"},
	} {
		commit.Metadata = s.Metadata(i)
		ctx := core.WithCorrelationID(t.Context(), []string{"", "request 1"}[i%2])
		committed, err := p.store.Commit(ctx, commit)
		if err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
		if committed[0].Events == nil {
			t.Skip("Commit of this store does not return the events")
		}
		events := committed[0].Events()
		var loaded []core.StoredEvent[ID, Pos, M]
		for e, err := range p.store.LoadEvents(t.Context(), core.Filter[ID, Pos]{Aggregate: &commit.Key}) {
			if err != nil {
				t.Fatalf("load commit %d: %v", i, err)
			}
			loaded = append(loaded, e)
		}
		loaded = loaded[max(0, len(loaded)-len(commit.Events)):]
		if len(events) != len(loaded) || len(events) != len(commit.Events) {
			t.Fatalf("Commit of %d events returned %d, of which %d can be loaded", len(commit.Events), len(events), len(loaded))
		}
		for j, e := range events {
			if e.Time.IsZero() {
				e.Time = loaded[j].Time
			}
			if !reflect.DeepEqual(e, loaded[j]) {
				t.Errorf("Commit returned event %d of commit %d as %+v, but it is loaded as %+v", j, i, e, loaded[j])
			}
		}
	}
}
