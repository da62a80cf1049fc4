package jetstream

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// Subscribe yields the events that match any of the filters: history, then what
// comes. It goes on through lost connections, deleted consumers, and servers and
// leaders that come and go; a consumer that is silent for more than a second is
// replaced by another one.
//
// The history of named aggregates is read as by [Store.LoadEvents], and so is that of
// several kinds, also when a slow loop has fallen far behind. Everything else comes
// through one consumer, which the server filters unless the filters are very many.
func (s *Store[ID, M]) Subscribe(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(stored[ID, M], error) bool) {
		err := s.subscribe(ctx, filters, yield)
		if err != nil && ctx.Err() == nil {
			yield(stored[ID, M]{}, err)
		}
	}
}

func (s *Store[ID, M]) subscribe(ctx context.Context, filters []core.Filter[ID, uint64], yield func(stored[ID, M], error) bool) error {
	if err := s.stream.usable(ctx); err != nil {
		return err
	}
	q, err := s.query(filters)
	if err != nil {
		return err
	}
	next, ok := q.from()
	if !ok {
		// No event can match, now or ever.
		return s.stream.wait(ctx)
	}
	if err := s.stream.sameStream(ctx, furthest(filters), true); err != nil {
		return err
	}
	pass := func(events iter.Seq2[stored[ID, M], error]) (bool, error) {
		for e, err := range events {
			if err != nil {
				return false, err
			}
			next = e.Position + 1
			if !yield(e, nil) {
				return false, nil
			}
		}
		return true, nil
	}
	if len(q.aggregates) > 0 {
		head, err := s.stream.lastOf(ctx, ">")
		if err != nil {
			return err
		}
		if head >= next {
			switch more, err := pass(merged(s.upTo(ctx, q, head), positionOf[ID, M])); {
			case err == nil && more:
				next = head + 1
			case err == nil || q.everywhere == nil || s.stream.usable(ctx) != nil:
				return err
			default:
				// What follows is more patient, and goes on where this ended.
			}
		}
	}
	subjects := q.subjects()
	if q.everywhere != nil && len(q.aggregates) > 0 {
		subjects = nil // the server takes no filters that overlap
	}
	_, err = pass(s.events(s.stream.follow(ctx, subjects, next), q))
	return err
}

// furthest returns the latest position that a filter starts from.
func furthest[ID comparable](filters []core.Filter[ID, uint64]) uint64 {
	most := uint64(0)
	for _, f := range filters {
		if from, ok := start(f); ok {
			most = max(most, from)
		}
	}
	return most
}

// NextVersion returns the position of the first event after a version that any
// of the filters selects, as the stream's leader has it.
func (s *Store[ID, M]) NextVersion(ctx context.Context, after core.Version[uint64], filters ...core.Filter[ID, uint64]) (core.Version[uint64], error) {
	var none core.Version[uint64]
	if err := s.stream.usable(ctx); err != nil {
		return none, err
	}
	least, _ := after.Position()
	var found uint64
	for _, f := range filters {
		kind, aggregate, err := s.check(f)
		if err != nil {
			return none, err
		}
		from, ok := start(f)
		if !ok {
			continue
		}
		seq, err := s.nextOn(ctx, s.subjects.pattern(kind, aggregate), max(from, least+1))
		if err != nil {
			return none, err
		}
		if seq > 0 && (found == 0 || seq < found) {
			found = seq
		}
	}
	return version(found), nil
}

// nextOn returns the sequence of the next event of the user's on a subject, 0 if
// there is none.
func (s *Store[ID, M]) nextOn(ctx context.Context, subject string, from uint64) (uint64, error) {
	for {
		m, err := s.stream.fromLeader(ctx, getRequest{Seq: from, NextFor: subject})
		if err != nil || m == nil {
			return 0, err
		}
		if !reserved(m.subject) {
			return m.seq, nil
		}
		from = m.seq + 1
	}
}

// Distance returns the number of events after one version and up to another.
func (s *Store[ID, M]) Distance(after, upTo core.Version[uint64]) uint64 {
	a, _ := after.Position()
	b, _ := upTo.Position()
	return max(a, b) - a
}

// IDs yields the ids of the aggregates of a kind, those with the oldest events
// first. It reads the events of the kind, and keeps none of them: the first event
// of an aggregate is the one that none comes before.
func (s *Store[ID, M]) IDs(ctx context.Context, aggregateKind string) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		if err := s.ids(ctx, aggregateKind, yield); err != nil {
			var none ID
			yield(none, err)
		}
	}
}

func (s *Store[ID, M]) ids(ctx context.Context, kind string, yield func(ID, error) bool) error {
	if err := s.stream.usable(ctx); err != nil {
		return err
	}
	token, err := s.subjects.aggregateKind(kind)
	if err != nil {
		return err
	}
	head, err := s.stream.lastOf(ctx, ">")
	if err != nil || head == 0 {
		return err
	}
	foreign := make(map[string]bool) // aggregates whose first event may be another program's
	for m, err := range s.stream.scan(ctx, s.subjects.prefix+".*."+token+".*", 1, head) {
		if err != nil {
			return err
		}
		tokens := strings.Split(m.subject, ".")
		if len(tokens) != 4 || tokens[2] != token {
			continue // the scan may take more than was asked for
		}
		l, err := m.link()
		if err == nil && l != nil && (l.previous > 0 || l.Index > 0) || foreign[tokens[3]] {
			continue
		}
		e, ok, err := s.open(m)
		if err != nil {
			return err
		}
		if l == nil {
			foreign[tokens[3]] = true
		}
		if ok && !yield(e.Key.ID, nil) {
			return nil
		}
	}
	return nil
}

// wait waits for the end of ctx, or of the store.
func (s *stream) wait(ctx context.Context) error {
	ctx, stop := s.withLife(ctx)
	defer stop()
	<-ctx.Done()
	return context.Cause(ctx)
}

// reserved reports whether a subject is that of an event of the library's own.
func reserved(subject string) bool {
	tokens := strings.Split(subject, ".")
	return slices.ContainsFunc(tokens[1:max(1, min(3, len(tokens)))], func(token string) bool { return strings.HasPrefix(token, "_") })
}
