package jetstream

import (
	"context"
	"errors"
	"iter"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// LastReserved returns the last entry of a key, as the stream's leader has it.
func (s *Store[ID, M]) LastReserved(ctx context.Context, key core.ReservedKey) (core.ReservedEntry[uint64], bool, error) {
	var none core.ReservedEntry[uint64]
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

// LoadReserved yields the entries of a key in order.
func (s *Store[ID, M]) LoadReserved(ctx context.Context, key core.ReservedKey) iter.Seq2[core.ReservedEntry[uint64], error] {
	return func(yield func(core.ReservedEntry[uint64], error) bool) {
		filter, err := s.subjects.reserved("*", key)
		if err == nil {
			err = s.stream.usable(ctx)
		}
		if err != nil {
			yield(core.ReservedEntry[uint64]{}, err)
			return
		}
		for m, err := range s.stream.readAggregate(ctx, scope{filter: filter, from: 1}) {
			var e core.ReservedEntry[uint64]
			if err == nil {
				e, err = s.entry(m)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// CommitReserved records entries and commits in one atomic batch.
func (s *Store[ID, M]) CommitReserved(ctx context.Context, entries []core.ReservedCommit[uint64], commits ...core.Commit[ID, uint64, M]) ([]uint64, error) {
	if len(entries) == 0 {
		return nil, core.ErrNoEvents
	}
	var parts []*part
	var unchecked []bool
	seen := make(map[core.ReservedKey]bool)
	for i, e := range entries {
		p, err := s.encodeEntry(e)
		if err == nil && seen[e.Key] {
			err = core.ErrSameAggregate
		}
		if err != nil {
			return nil, &core.CommitError{Index: i, Err: err}
		}
		seen[e.Key] = true
		parts, unchecked = append(parts, p), append(unchecked, e.Unchecked)
	}
	if len(commits) > 0 {
		events, free, err := s.encodeAll(commits)
		if of, ok := errors.AsType[*core.CommitError](err); ok {
			return nil, &core.CommitError{Index: len(entries) + of.Index, Err: of.Err}
		}
		parts, unchecked = append(parts, events...), append(unchecked, free...)
	}
	positions, err := s.commitParts(ctx, parts, unchecked)
	if err != nil {
		return nil, err
	}
	return positions[:len(entries)], nil
}

func (s *Store[ID, M]) encodeEntry(e core.ReservedCommit[uint64]) (*part, error) {
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
	p := &part{filter: filter, msgs: []*nats.Msg{m}, bytes: size}
	p.expected, _ = e.Expected.Position()
	return p, nil
}

func (s *Store[ID, M]) entry(m *message) (core.ReservedEntry[uint64], error) {
	kind, err := s.subjects.entryKind(m.subject)
	if err != nil {
		return core.ReservedEntry[uint64]{}, &MessageError{Sequence: m.seq, Subject: m.subject, Err: err}
	}
	return core.ReservedEntry[uint64]{Position: m.seq, Kind: kind, Data: m.data}, nil
}
