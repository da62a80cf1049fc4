package memory

import (
	"bytes"
	"context"
	"crypto/rand"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/typecheck"
)

// MaxEvents returns 0: a commit may have any number of events.
func (s *Store[ID, M]) MaxEvents() int { return 0 }

// Commit records all of the commits or none, unless [Store.TearNext] tears them.
func (s *Store[ID, M]) Commit(ctx context.Context, commits ...core.Commit[ID, uint64, M]) ([]core.Committed[ID, uint64, M], error) {
	ctx, end := core.BeginCommit(ctx, s.observer, commits)
	committed, err := s.commit(ctx, commits)
	end(err)
	return committed, err
}

func (s *Store[ID, M]) commit(ctx context.Context, commits []core.Commit[ID, uint64, M]) ([]core.Committed[ID, uint64, M], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := core.ValidateAll(commits); err != nil {
		return nil, err
	}
	// Encoding runs the application's code, which must not run under the lock.
	records, err := s.encodeAll(commits, core.OriginOf(ctx))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(commits); err != nil {
		return nil, err
	}
	if err := s.tear(records); err != nil {
		return nil, err
	}
	s.append(records)
	committed := make([]core.Committed[ID, uint64, M], len(commits))
	for i, c := range commits {
		if c.IsGuard() {
			committed[i].Position, _ = c.Expected.Position()
			continue
		}
		n := 1
		if c.Entry == nil {
			n = len(c.Events)
			committed[i].Events = s.storedEvents(records[:n])
		}
		committed[i].Position = records[n-1].Position
		records = records[n:]
	}
	return committed, nil
}

// storedEvents returns what makes stored events of records.
func (s *Store[ID, M]) storedEvents(records []*record[ID, M]) func() []core.StoredEvent[ID, uint64, M] {
	return func() []core.StoredEvent[ID, uint64, M] {
		events := make([]core.StoredEvent[ID, uint64, M], len(records))
		for i, r := range records {
			events[i] = s.event(r)
		}
		return events
	}
}

// check looks for a conflict. The caller holds the lock.
func (s *Store[ID, M]) check(commits []core.Commit[ID, uint64, M]) error {
	for i, c := range commits {
		actual := last(s.byKey[c.Key])
		if c.Entry != nil {
			actual = last(s.entries[c.Entry.Key])
		}
		if !c.Unchecked && actual != c.Expected {
			return core.FailedCommit(commits, i, &core.ConflictError[uint64]{Expected: c.Expected, Actual: actual})
		}
	}
	return nil
}

// append gives the records their positions. The caller holds the lock.
func (s *Store[ID, M]) append(records []*record[ID, M]) {
	now := time.Now().UTC().Round(0) // a recorded time has no monotonic reading
	for _, r := range records {
		r.Position, r.Time = uint64(len(s.log))+1, now
		s.log = append(s.log, r)
		switch {
		case r.void:
		case r.isEntry():
			s.entries[r.entry] = append(s.entries[r.entry], r)
		default:
			s.byKey[r.Key] = append(s.byKey[r.Key], r)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Store[ID, M]) encodeAll(commits []core.Commit[ID, uint64, M], origin core.Origin) ([]*record[ID, M], error) {
	var records []*record[ID, M]
	id, guards := rand.Text(), 0
	for i, c := range commits {
		if c.IsGuard() {
			guards++
			continue
		}
		info := core.CommitInfo{ID: id, Count: max(1, len(c.Events)), Offset: len(records) + guards}
		if c.Entry != nil {
			records = append(records, encodeEntry[ID, M](c.Entry, info))
			continue
		}
		events, err := s.encode(c, info)
		if err != nil {
			return nil, core.FailedCommit(commits, i, err)
		}
		for _, r := range events {
			r.Origin = c.Origin.Or(origin)
		}
		records = append(records, events...)
	}
	return records, nil
}

func encodeEntry[ID comparable, M any](e *core.Entry, info core.CommitInfo) *record[ID, M] {
	r := &record[ID, M]{entry: e.Key}
	r.Kind, r.Data, r.Commit = e.Kind, bytes.Clone(e.Data), info
	return r
}

func (s *Store[ID, M]) encode(c core.Commit[ID, uint64, M], info core.CommitInfo) ([]*record[ID, M], error) {
	metadata, err := typecheck.EncodeJSON(c.Metadata)
	if err != nil {
		return nil, &core.MetadataError{Err: err}
	}
	records := make([]*record[ID, M], len(c.Events))
	for i, event := range c.Events {
		data, err := encode(s.codec, event.EventKind(), event)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: event.EventKind(), Err: err}
		}
		r := &record[ID, M]{metadata: metadata, version: s.metadataTypes.Version()}
		r.Key, r.Kind, r.CommandID, r.Fingerprint = c.Key, event.EventKind(), c.CommandID, c.Fingerprint
		r.Commit, r.Commit.Index = info, i
		r.Codec, r.Data = s.codec.Name(), data
		records[i] = r
	}
	return records, nil
}
