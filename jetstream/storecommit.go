package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
)

// MaxEvents returns 1,000: the server takes no more messages in one batch.
func (s *Store[ID, M]) MaxEvents() int { return maxCommit }

// Commit records commits to different aggregates, and system entries, all or
// none, at consecutive positions.
//
// An unchecked commit is made at the version that its aggregate is found at,
// again until no other writer comes between: on a replicated stream a publish
// without an expectation would let commits that have one pass on a stale
// version.
//
// Besides the errors of the contract it returns [TooLargeError], in a
// [core.EncodeError] where it is about one event; [RejectedError];
// [StreamConfigError], while the stream is not as it was when it was opened;
// [PermissionError]; and [UnknownOutcomeError].
func (s *Store[ID, M]) Commit(ctx context.Context, commits ...core.Commit[ID, uint64, M]) ([]core.Committed[ID, uint64, M], error) {
	if err := core.ValidateAll(commits); err != nil {
		return nil, err
	}
	parts := make([]*part, len(commits))
	events := 0
	for i, c := range commits {
		var err error
		if parts[i], err = s.encode(c); err != nil {
			return nil, core.FailedCommit(commits, i, err)
		}
		events += len(parts[i].msgs)
	}
	if events > maxCommit {
		return nil, &TooLargeError{What: "commit", Size: events, Limit: maxCommit}
	}
	positions, err := s.record(ctx, parts)
	if at, ok := errors.AsType[*conflictAt](err); ok {
		return nil, core.FailedCommit(commits, at.part, at.conflict)
	}
	if err != nil {
		return nil, err
	}
	committed := make([]core.Committed[ID, uint64, M], len(commits))
	for i, c := range commits {
		committed[i].Position = positions[i]
		if c.Entry == nil {
			committed[i].Events = func() []core.StoredEvent[ID, uint64, M] { return s.storedEvents(c, parts[i], positions[i]) }
		}
	}
	return committed, nil
}

// record records parts, those that are unchecked at whatever version their
// aggregates are found at.
func (s *Store[ID, M]) record(ctx context.Context, parts []*part) ([]uint64, error) {
	if err := s.stream.writable(ctx); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if !p.unchecked {
			continue
		}
		var err error
		if p.expected, err = s.stream.lastOf(ctx, p.filter); err != nil {
			return nil, err
		}
	}
	pause := backoff{max: 50 * time.Millisecond}
	for {
		positions, err := s.stream.record(ctx, newCommit(parts))
		at, ok := errors.AsType[*conflictAt](err)
		if !ok || !parts[at.part].unchecked {
			return positions, err
		}
		parts[at.part].expected, _ = at.conflict.Actual.Position()
		if err := pause.pause(ctx, s.stream); err != nil {
			return nil, err
		}
	}
}

// storedEvents returns the events of a commit as LoadEvents would, save for their
// Time: the server does not tell it with its answer.
func (s *Store[ID, M]) storedEvents(c core.Commit[ID, uint64, M], p *part, last uint64) []core.StoredEvent[ID, uint64, M] {
	events := make([]core.StoredEvent[ID, uint64, M], len(p.msgs))
	for i, m := range p.msgs {
		e := &events[i]
		e.Key, e.Kind, e.Position, e.CommandID = c.Key, c.Events[i].EventKind(), last-uint64(len(p.msgs)-1-i), c.CommandID
		e.Codec, e.Data = s.stream.cfg.Codec.Name(), m.Data
		// The events are recorded: what cannot be read back is no error of this call.
		if l, err := parseLink(m.Header.Get(headerCommit)); err == nil {
			e.Commit = l.CommitInfo
		}
		if s.metadata {
			_ = json.Unmarshal([]byte(m.Header.Get(headerMetadata)), &e.Metadata)
		}
	}
	return events
}
