package jetstream

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// NextVersion returns the position of the first event after a version that any
// of the filters selects, as the stream's leader has it.
func (s *Store[ID, M]) NextVersion(ctx context.Context, after core.Version[uint64], filters ...core.Filter[ID, uint64]) (core.Version[uint64], error) {
	var none core.Version[uint64]
	if err := s.stream.conn.Usable(ctx); err != nil {
		return none, err
	}
	least, _ := after.Position()
	var found uint64
	for _, f := range filters {
		kind, aggregate, err := s.tokens(f)
		if err != nil {
			return none, err
		}
		from, ok := firstPosition(f)
		if !ok {
			continue
		}
		seq, err := s.nextOn(ctx, s.subjects.Pattern(kind, aggregate), max(from, least+1))
		if err != nil {
			return none, err
		}
		if seq > 0 && (found == 0 || seq < found) {
			found = seq
		}
	}
	return wire.Version(found), nil
}

// nextOn returns the sequence of the next event on a subject, system entries
// left out; 0 if there is none.
func (s *Store[ID, M]) nextOn(ctx context.Context, subject string, from uint64) (uint64, error) {
	for {
		m, err := s.stream.conn.Message(ctx, wire.GetRequest{Seq: from, NextFor: subject})
		if err != nil || m == nil {
			return 0, err
		}
		counts, err := s.counts(ctx, m)
		if counts || err != nil {
			return m.Seq, err
		}
		from = m.Seq + 1
	}
}

// counts reports whether a message is an event that readers do not pass over.
func (s *Store[ID, M]) counts(ctx context.Context, m *wire.Message) (bool, error) {
	if wire.IsSystem(m.Subject) {
		return false, nil
	}
	if end := m.CommitEnd(); end > m.Seq {
		if head, err := s.stream.reader.Head(ctx); err != nil || end > head {
			return false, err
		}
	}
	gaps, err := s.stream.reader.GapsOf(ctx, wire.WithKind(m.Subject, "*"))
	return err == nil && !gaps.Has(m.Seq), err
}

// Distance returns the number of positions after one version and up to another.
func (s *Store[ID, M]) Distance(after, upTo core.Version[uint64]) uint64 {
	a, _ := after.Position()
	b, _ := upTo.Position()
	return max(a, b) - a
}
