package jetstream

import (
	"context"
	"iter"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// LastEntry returns the last entry of a key, as the stream's leader has it.
func (s *Store[ID, M]) LastEntry(ctx context.Context, key core.EntryKey) (core.StoredEntry[uint64], bool, error) {
	var none core.StoredEntry[uint64]
	if err := s.stream.usable(ctx); err != nil {
		return none, false, err
	}
	filter, err := s.subjects.reserved("*", key)
	if err != nil {
		return none, false, err
	}
	m, err := s.stream.fromLeader(ctx, getRequest{LastFor: filter})
	if m == nil || err != nil {
		return none, false, err
	}
	e, err := s.entry(m)
	return e, err == nil, err
}

// LoadEntries yields the entries of a key in order.
func (s *Store[ID, M]) LoadEntries(ctx context.Context, key core.EntryKey) iter.Seq2[core.StoredEntry[uint64], error] {
	return func(yield func(core.StoredEntry[uint64], error) bool) {
		filter, err := s.subjects.reserved("*", key)
		if err == nil {
			err = s.stream.usable(ctx)
		}
		if err != nil {
			yield(core.StoredEntry[uint64]{}, err)
			return
		}
		for m, err := range s.stream.readAggregate(ctx, scope{filter: filter, from: 1}) {
			var e core.StoredEntry[uint64]
			if err == nil {
				e, err = s.entry(m)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store[ID, M]) encodeEntry(e *core.Entry) (*part, error) {
	filter, err := s.subjects.reserved("*", e.Key)
	if err != nil {
		return nil, err
	}
	subject, err := s.subjects.reserved(e.Kind, e.Key)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: subject, Header: nats.Header{headerCodec: {codec.JSON.Name()}}, Data: e.Data}
	size, err := s.fits(m)
	if err != nil {
		return nil, err
	}
	return &part{filter: filter, msgs: []*nats.Msg{m}, bytes: size}, nil
}

func (s *Store[ID, M]) entry(m *message) (core.StoredEntry[uint64], error) {
	kind, err := s.subjects.entryKind(m.subject)
	if err != nil {
		return core.StoredEntry[uint64]{}, &MessageError{Sequence: m.seq, Subject: m.subject, Err: err}
	}
	return core.StoredEntry[uint64]{Position: m.seq, Kind: kind, Data: m.data}, nil
}
