package jetstream

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// Commit records commits to different aggregates, and system entries, all or
// none, at consecutive positions.
//
// An unchecked commit is made at the version that its aggregate is found at,
// again until no other writer comes between.
//
// Besides the errors of the contract it returns [TooLargeError], in a
// [core.EncodeError] where it is about one event; [RejectedError];
// [StreamConfigError], while the stream is not as it was when it was opened;
// [PermissionError]; and [UnknownOutcomeError].
func (s *Store[ID, M]) Commit(ctx context.Context, commits ...core.Commit[ID, uint64, M]) ([]core.Committed[ID, uint64, M], error) {
	ctx, end := core.BeginCommit(ctx, s.stream.cfg.Observer, commits)
	committed, err := s.commit(ctx, commits)
	end(err)
	return committed, err
}

func (s *Store[ID, M]) commit(ctx context.Context, commits []core.Commit[ID, uint64, M]) ([]core.Committed[ID, uint64, M], error) {
	if err := core.ValidateAll(commits); err != nil {
		return nil, err
	}
	parts := make([]*writer.AggregateCommit, len(commits))
	events := 0
	origin := core.OriginOf(ctx)
	for i, c := range commits {
		var err error
		if parts[i], err = s.encode(c, c.Origin.Or(origin)); err != nil {
			return nil, core.FailedCommit(commits, i, err)
		}
		events += len(parts[i].Msgs)
	}
	if events > writer.MaxEvents {
		return nil, &TooLargeError{What: "commit", Size: events, Limit: writer.MaxEvents}
	}
	positions, err := s.stream.writer.Append(ctx, parts)
	if conflict, ok := errors.AsType[*writer.ConflictError](err); ok {
		return nil, core.FailedCommit(commits, conflict.Part, s.conflict(ctx, conflict, parts))
	}
	if err != nil {
		return nil, err
	}
	committed := make([]core.Committed[ID, uint64, M], len(commits))
	for i, c := range commits {
		committed[i].Position = positions[i]
		if c.Entry == nil && !c.IsGuard() {
			committed[i].Events = func() []core.StoredEvent[ID, uint64, M] { return s.storedEvents(c, parts[i], positions[i]) }
		}
	}
	return committed, nil
}

// conflict returns the error of a commit to an aggregate that is at another version. The
// server tells the position of the last message. Where readers pass over that, the
// version has to be read; if it cannot be, the position stands for it.
func (s *Store[ID, M]) conflict(ctx context.Context, c *writer.ConflictError, parts []*writer.AggregateCommit) error {
	if c.Passed {
		if m, err := s.stream.reader.Last(ctx, parts[c.Part].Filter); m != nil {
			c.Actual = core.At(m.Seq)
		} else if err == nil {
			c.Actual = core.Version[uint64]{}
		}
	}
	return c.Unwrap()
}

// storedEvents returns the events of a commit as LoadEvents would, save for their
// Time: the server's answer does not have it.
func (s *Store[ID, M]) storedEvents(c core.Commit[ID, uint64, M], p *writer.AggregateCommit, last uint64) []core.StoredEvent[ID, uint64, M] {
	events := make([]core.StoredEvent[ID, uint64, M], len(p.Msgs))
	for i, m := range p.Msgs {
		e := &events[i]
		e.Key, e.Kind, e.Position = c.Key, c.Events[i].EventKind(), last-uint64(len(p.Msgs)-1-i)
		e.CommandID, e.Fingerprint = c.CommandID, c.Fingerprint
		e.Codec, e.Data = s.stream.cfg.Codec.Name(), m.Data
		// The events are recorded: what cannot be read back is no error of this call.
		if h, err := wire.ParseCommitHeader(m.Header.Get(wire.HeaderCommit)); err == nil {
			e.Commit = h.CommitInfo
		}
		s.decodeMetadata(m.Header, e)
		e.Origin, _ = wire.Origin(m.Header)
	}
	return events
}

// Resolve finds out the outcome of a commit that was unknown. If it was recorded,
// Resolve returns the position of the last event of each of its parts. If it was
// not, and never will be, because another commit took its place, or because it lost its
// end and is void, Resolve returns a [core.ConflictError]. If that is still open, Resolve returns an
// [UnknownOutcomeError] again: a commit that is still on its way may yet be
// recorded, until another commit to its aggregate is.
func (s *Store[ID, M]) Resolve(ctx context.Context, unknown *UnknownOutcomeError) ([]uint64, error) {
	positions, err := s.stream.writer.Resolve(ctx, unknown)
	if conflict, ok := errors.AsType[*writer.ConflictError](err); ok {
		return nil, conflict.Unwrap()
	}
	return positions, err
}
