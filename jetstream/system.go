package jetstream

import (
	"context"
	"iter"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// LastEntry returns the last entry of a key, as the stream's leader has it.
func (s *Store[ID, M]) LastEntry(ctx context.Context, key core.EntryKey) (core.StoredEntry[uint64], bool, error) {
	var none core.StoredEntry[uint64]
	if err := s.stream.conn.Usable(ctx); err != nil {
		return none, false, err
	}
	filter, err := s.subjects.Entries(key)
	if err != nil {
		return none, false, err
	}
	m, err := s.stream.reader.Last(ctx, filter)
	if m == nil || err != nil {
		return none, false, err
	}
	e, err := s.decodeEntry(m)
	return e, err == nil, err
}

// LoadEntries yields the entries of a key in order, from a version on.
func (s *Store[ID, M]) LoadEntries(ctx context.Context, key core.EntryKey, from core.Version[uint64]) iter.Seq2[core.StoredEntry[uint64], error] {
	return func(yield func(core.StoredEntry[uint64], error) bool) {
		filter, err := s.subjects.Entries(key)
		if err == nil {
			err = s.stream.conn.Usable(ctx)
		}
		if err != nil {
			yield(core.StoredEntry[uint64]{}, err)
			return
		}
		first, _ := from.Position()
		for m, err := range s.stream.reader.Aggregate(ctx, reader.ReadPlan{Filter: filter, From: max(first, 1)}) {
			var e core.StoredEntry[uint64]
			if err == nil {
				e, err = s.decodeEntry(m)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store[ID, M]) encodeEntry(e *core.Entry) (*writer.AggregateCommit, error) {
	filter, err := s.subjects.Entries(e.Key)
	if err != nil {
		return nil, err
	}
	subject, err := s.subjects.Entry(e.Kind, filter)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: subject, Header: nats.Header{wire.HeaderCodec: {codec.JSON.Name()}}, Data: e.Data}
	size, err := s.checkSize(m)
	if err != nil {
		return nil, err
	}
	return &writer.AggregateCommit{Filter: filter, Msgs: []*nats.Msg{m}, Bytes: size}, nil
}

// guards is the key of the messages that guard aggregates.
var guards = core.EntryKey{Kind: wire.KindGuard, Name: wire.NameGuard}

// encodeGuard makes the message that guards an aggregate: what it expects says of which.
func (s *Store[ID, M]) encodeGuard(key core.Key[ID]) (*writer.AggregateCommit, error) {
	aggregate, err := s.subjects.Aggregate(key)
	if err != nil {
		return nil, err
	}
	p, err := s.encodeEntry(&core.Entry{Key: guards, Kind: guards.Kind})
	if err != nil {
		return nil, err
	}
	p.Filter, p.Guard = s.subjects.All(aggregate), true
	return p, nil
}

func (s *Store[ID, M]) decodeEntry(m *wire.Message) (core.StoredEntry[uint64], error) {
	kind, err := s.subjects.EntryKind(m.Subject)
	if err != nil {
		return core.StoredEntry[uint64]{}, &MessageError{Sequence: m.Seq, Subject: m.Subject, Err: err}
	}
	return core.StoredEntry[uint64]{Position: m.Seq, Kind: kind, Data: m.Data}, nil
}
