package memory

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"iter"

	"github.com/jetsource/jetsource/core"
)

// LastReserved returns the last entry of a key.
func (s *Store[ID, M]) LastReserved(ctx context.Context, key core.ReservedKey) (core.ReservedEntry[uint64], bool, error) {
	if ctx.Err() != nil {
		return core.ReservedEntry[uint64]{}, false, context.Cause(ctx)
	}
	entries := s.entries(key)
	if len(entries) == 0 {
		return core.ReservedEntry[uint64]{}, false, nil
	}
	return entries[len(entries)-1].entry(), true, nil
}

// LoadReserved yields the entries of a key in order.
func (s *Store[ID, M]) LoadReserved(ctx context.Context, key core.ReservedKey) iter.Seq2[core.ReservedEntry[uint64], error] {
	return func(yield func(core.ReservedEntry[uint64], error) bool) {
		if ctx.Err() != nil {
			yield(core.ReservedEntry[uint64]{}, context.Cause(ctx))
			return
		}
		for _, r := range s.entries(key) {
			if ctx.Err() != nil {
				yield(core.ReservedEntry[uint64]{}, context.Cause(ctx))
				return
			}
			if !yield(r.entry(), nil) {
				return
			}
		}
	}
}

// CommitReserved records entries and commits, all or nothing.
func (s *Store[ID, M]) CommitReserved(ctx context.Context, entries []core.ReservedCommit[uint64], commits ...core.Commit[ID, uint64, M]) ([]uint64, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	records, err := encodeReserved(entries, commits)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range entries {
		if actual := last(s.reserved[e.Key]); !e.Unchecked && actual != e.Expected {
			return nil, &core.CommitError{Index: i, Err: &core.ConflictError[uint64]{Expected: e.Expected, Actual: actual}}
		}
	}
	if err := s.check(commits); err != nil {
		return nil, behind(len(entries), err)
	}
	s.append(records)
	positions := make([]uint64, len(entries))
	for i := range entries {
		positions[i] = records[i].Position
	}
	return positions, nil
}

func encodeReserved[ID comparable, M any](entries []core.ReservedCommit[uint64], commits []core.Commit[ID, uint64, M]) ([]*record[ID, M], error) {
	if len(entries) == 0 {
		return nil, core.ErrNoEvents
	}
	var records []*record[ID, M]
	seen := make(map[core.ReservedKey]bool)
	id := rand.Text()
	for i, e := range entries {
		if seen[e.Key] {
			return nil, &core.CommitError{Index: i, Err: core.ErrSameAggregate}
		}
		seen[e.Key] = true
		r := &record[ID, M]{reserved: e.Key}
		r.Kind, r.Data = e.Kind, bytes.Clone(e.Data)
		r.Commit = core.CommitInfo{ID: id, Count: 1, Offset: i}
		records = append(records, r)
	}
	if len(commits) == 0 {
		return records, nil
	}
	if err := core.ValidateAll(commits); err != nil {
		return nil, behind(len(entries), err)
	}
	events, err := encodeAll(commits)
	if err != nil {
		return nil, behind(len(entries), err)
	}
	for _, r := range events {
		r.Commit.ID = id
		r.Commit.Offset += len(entries)
	}
	return append(records, events...), nil
}

// behind counts the commit that err is about behind n entries.
func behind(n int, err error) error {
	if of, ok := errors.AsType[*core.CommitError](err); ok {
		return &core.CommitError{Index: n + of.Index, Err: of.Err}
	}
	return err
}

func (s *Store[ID, M]) entries(key core.ReservedKey) []*record[ID, M] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.reserved[key]
}

func (r *record[ID, M]) entry() core.ReservedEntry[uint64] {
	return core.ReservedEntry[uint64]{Position: r.Position, Kind: r.Kind, Data: bytes.Clone(r.Data)}
}
