package storetest

import (
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// unreadable commits three events to an aggregate. The metadata of the second and
// third cannot be decoded.
func (s *rules[ID, Pos, M]) unreadable(t *testing.T, p *probe[ID, Pos, M], key core.Key[ID]) {
	t.Helper()
	if s.CommitUnreadable == nil {
		t.Skip("the harness has no CommitUnreadable, so no metadata is tried that cannot be decoded")
	}
	p.commit(key, notes(1)...)
	s.CommitUnreadable(t, p.store, key, noted{Number: 2}, counted{3})
	p.commit(key, counted{4})
}

// wantUnreadable checks the four events of unreadable, and decodes them.
func (s *rules[ID, Pos, M]) wantUnreadable(what string, p *probe[ID, Pos, M], key core.Key[ID], events []core.StoredEvent[ID, Pos, M]) {
	p.Helper()
	if len(events) != 4 {
		p.Fatalf("%s: got %d events, want 4", what, len(events))
	}
	var none M
	for i, e := range events {
		faulty, want := i == 1 || i == 2, s.Metadata(0)
		if faulty {
			want = none
		}
		if (e.MetadataErr != nil) != faulty || !reflect.DeepEqual(e.Metadata, want) {
			p.Errorf("%s: event %d has metadata %+v and MetadataErr %v; want %+v, and an error: %t", what, i, e.Metadata, e.MetadataErr, want, faulty)
		}
		kind := []string{notedKind, notedKind, countedKind, countedKind}[i]
		if e.Key != key || e.Kind != kind || e.Commit.ID == "" || e.Time.IsZero() {
			p.Errorf("%s: event %d has key %v, kind %q, commit %+v and time %v; its metadata alone cannot be decoded", what, i, e.Key, e.Kind, e.Commit, e.Time)
		}
		e.MetadataErr = nil
		if event, err := p.decode(e); err != nil || number(event) != int64(i+1) {
			p.Errorf("%s: event %d is %v, error %v", what, i, event, err)
		}
	}
}

func (s *rules[ID, Pos, M]) metadataAlone(t *testing.T) {
	p, key := s.open(t), s.key(0)
	s.unreadable(t, p, key)
	for what, filters := range map[string][]core.Filter[ID, Pos]{
		"one aggregate": {{Aggregate: &key}},
		"all events":    {{}},
		"two kinds":     {{EventKind: notedKind}, {EventKind: countedKind}},
	} {
		if what == "two kinds" && !p.global() {
			continue // their order is not told
		}
		var events []core.StoredEvent[ID, Pos, M]
		for e, err := range p.store.LoadEvents(t.Context(), filters...) {
			if err != nil {
				t.Fatalf("%s: the loop ended with the error of an event's metadata, or another one: %v", what, err)
			}
			events = append(events, e)
		}
		s.wantUnreadable(what, p, key, events)
	}
	if _, err := p.commitAt(key, p.version(key), counted{5}); err != nil {
		t.Errorf("commit after them: %v", err)
	}
}

func (s *rules[ID, Pos, M]) followUnreadable(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	early := p.follow(nil, core.Filter[ID, Pos]{})
	s.unreadable(t, p, key)
	s.wantUnreadable("live", p, key, early.await(4))
	s.wantUnreadable("history", p, key, p.follow(nil, core.Filter[ID, Pos]{Aggregate: &key}).await(4))
}
