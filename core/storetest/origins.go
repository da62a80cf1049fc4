package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) originRecorded(t *testing.T) {
	p, key := s.open(t), s.key(0)
	trace := core.TraceContext{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=a:b, other=c"}
	origins := []core.Origin{
		{},
		{CorrelationID: "request.1 é\r\n", CausationID: "ID/0"},
		{CorrelationID: "request.1 é\r\n", Trace: trace},
		{CausationID: "@12.3", Trace: core.TraceContext{Parent: trace.Parent}},
	}
	for i, o := range origins {
		c := core.Commit[ID, Pos, M]{Key: key, Unchecked: true, Events: []core.Event{noted{Number: int64(i)}, counted{int64(i)}}, Metadata: s.Metadata(i)}
		if _, err := p.store.Commit(core.WithOrigin(t.Context(), o), c); err != nil {
			t.Fatalf("commit with origin %+v: %v", o, err)
		}
	}
	events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
	if len(events) != 2*len(origins) {
		t.Fatalf("the aggregate has %d events, want %d", len(events), 2*len(origins))
	}
	for i, e := range events {
		if e.Origin != origins[i/2] {
			t.Errorf("event %d has origin %+v, want %+v", i, e.Origin, origins[i/2])
		}
	}
	if first := events[0]; first.CorrelationID() != first.Commit.ID {
		t.Errorf("a commit without correlation id has %q, want its own id %q", first.CorrelationID(), first.Commit.ID)
	}
}
