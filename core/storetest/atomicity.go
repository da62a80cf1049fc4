package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) atomicity() []rule {
	return []rule{
		{Name: "a reader beside the writer sees all of a commit or none", Check: s.readerSeesWhole},
		{Name: "a reader beside several commits sees all of each aggregate's part or none", Check: s.readerSeesWholeParts},
		{Name: "several commits are recorded together", Check: s.commitAllRecords},
		{Name: "several commits have one commit id and their places in it", Check: s.commitAllPlaces},
		{Name: "several commits with one conflict write nothing and say which", Check: s.commitAllConflict},
		{Name: "several commits with one bad event write nothing and say which", Check: s.commitAllBadEvent},
		{Name: "two commits to one aggregate are refused together", Check: s.commitAllSameAggregate},
		{Name: "a call without commits is refused", Check: s.commitAllNothing},
		{Name: "several commits record their commands", Check: s.commitAllCommandID},
	}
}

// together returns commits to distinct aggregates, unchecked: the first gets one
// event, the second two, and so on.
func (p *probe[ID, Pos, M]) together(count int) []core.Commit[ID, Pos, M] {
	commits := make([]core.Commit[ID, Pos, M], count)
	for i := range commits {
		var events []core.Event
		for j := range i + 1 {
			number := int64(10*i + j)
			events = append(events, []core.Event{noted{Number: number}, counted{number}}[j%2])
		}
		commits[i] = core.Commit[ID, Pos, M]{Key: p.key(i), Unchecked: true, Events: events, Metadata: p.Metadata(i)}
	}
	return commits
}

func (s *rules[ID, Pos, M]) commitAllRecords(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	commits := p.together(3)
	commits[0].Unchecked = false
	commits[1].Unchecked, commits[1].Expected = false, core.At(p.commit(s.key(1), notes(7)...))
	positions, err := p.commitAll(commits...)
	if err != nil {
		t.Fatalf("commit to three aggregates: %v", err)
	}
	for i, want := range [][]int64{{0}, {7, 10, 11}, {20, 21, 22}} {
		key := s.key(i)
		p.wantVersion(key, core.At(positions[i]))
		p.wantNumbers("events of one of the aggregates", p.load(core.Filter[ID, Pos]{Aggregate: &key}), want...)
	}
	p.wantNumbers("all events", p.load(core.Filter[ID, Pos]{}), 7, 0, 10, 11, 20, 21, 22)
	p.wantNumbers("events of one kind", p.load(core.Filter[ID, Pos]{EventKind: countedKind}), 11, 21)
}

func (s *rules[ID, Pos, M]) commitAllPlaces(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	if _, err := p.commitAll(p.together(3)...); err != nil {
		t.Fatalf("commit to three aggregates: %v", err)
	}
	commits, ids := make(map[string]bool), make(map[string]bool)
	for i, offset := range []int{0, 1, 3} {
		key := s.key(i)
		for j, e := range p.load(core.Filter[ID, Pos]{Aggregate: &key}) {
			if want := (core.CommitInfo{ID: e.Commit.ID, Index: j, Count: i + 1, Offset: offset}); e.Commit != want {
				t.Errorf("event %d of commit %d has the place %+v, want %+v", j, i, e.Commit, want)
			}
			commits[e.Commit.ID], ids[e.EventID()] = true, true
		}
	}
	if len(commits) != 1 || commits[""] || len(ids) != 6 {
		t.Errorf("6 events committed together have commit ids %v and %d event ids", commits, len(ids))
	}
}

// refusesAll checks that commits are refused because of the one at index.
func (p *probe[ID, Pos, M]) refusesAll(commits []core.Commit[ID, Pos, M], index int) error {
	p.Helper()
	var refusal error
	p.writesNothing("several commits", func() {
		_, refusal = p.commitAll(commits...)
		fault, ok := errors.AsType[*core.CommitError](refusal)
		if !ok || fault.Index != index {
			p.Errorf("got error %v, want a core.CommitError of index %d", refusal, index)
		}
	})
	return refusal
}

func (s *rules[ID, Pos, M]) commitAllConflict(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	actual := core.At(p.commit(s.key(5), notes(1)...))
	for index := range 3 {
		exists := p.together(3)
		exists[index].Key, exists[index].Unchecked = s.key(5), false
		p.wantConflict("a commit that expects a new aggregate", p.refusesAll(exists, index), core.Version[Pos]{}, actual)
		absent := p.together(3)
		absent[index].Unchecked, absent[index].Expected = false, actual
		p.wantConflict("a commit that expects a version", p.refusesAll(absent, index), actual, core.Version[Pos]{})
	}
}

func (s *rules[ID, Pos, M]) commitAllBadEvent(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	for _, bad := range []core.Event{unencodable{make(chan int)}, nil} {
		for index := range 3 {
			commits := p.together(3)
			commits[index].Events = []core.Event{noted{Number: -1}, bad}
			fault, ok := errors.AsType[*core.EncodeError](p.refusesAll(commits, index))
			if !ok || fault.Index != 1 {
				t.Errorf("got error %v, want a core.EncodeError of index 1", fault)
			}
		}
	}
}

func (s *rules[ID, Pos, M]) commitAllSameAggregate(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	commits := p.together(2)
	commits[1].Key = commits[0].Key
	if err := p.refusesAll(commits, 1); !errors.Is(err, core.ErrSameAggregate) {
		t.Errorf("got error %v, want one that matches core.ErrSameAggregate", err)
	}
}

func (s *rules[ID, Pos, M]) commitAllNothing(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	if _, err := p.commitAll(); !errors.Is(err, core.ErrNoEvents) {
		t.Errorf("no commits: got error %v, want core.ErrNoEvents", err)
	}
	commits := p.together(3)
	commits[1].Events = nil
	if err := p.refusesAll(commits, 1); !errors.Is(err, core.ErrNoEvents) {
		t.Errorf("a commit of no events: got error %v, want one that matches core.ErrNoEvents", err)
	}
}

func (s *rules[ID, Pos, M]) commitAllCommandID(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	commits := p.together(3)
	commits[0].CommandID, commits[1].CommandID = "command 1", "command 2"
	commits[1].Fingerprint = "print 2"
	for _, group := range [][]core.Commit[ID, Pos, M]{commits[:1], commits[1:]} {
		if _, err := p.commitAll(group...); err != nil {
			t.Fatalf("commit with a command id: %v", err)
		}
	}
	for i, want := range []string{"command 1", "command 2", ""} {
		key := s.key(i)
		events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
		if len(events) != i+1 || slices.ContainsFunc(events, func(e recorded[ID, Pos, M]) bool {
			return e.CommandID != want || e.Fingerprint != commits[i].Fingerprint
		}) {
			t.Errorf("commit %d with command id %q and fingerprint %q came back as %+v", i, want, commits[i].Fingerprint, events)
		}
	}
}
