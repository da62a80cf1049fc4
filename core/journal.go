package core

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// journal is the part of a store that a repository uses, with identifiers of the
// aggregate's own type.
type journal[ID, Pos comparable, M any] interface {
	// replay calls apply with each event of an aggregate, from a position on.
	replay(ctx context.Context, key Key[ID], from Version[Pos], apply func(journalEvent[Pos]) error) error
	// commit records c and returns the position of its last event. It calls apply,
	// unless that is nil, with each event as it was recorded, if the store returns
	// the events; folded reports whether it did.
	commit(ctx context.Context, c Commit[ID, Pos, M], apply func(journalEvent[Pos]) error) (at Pos, folded bool, err error)
	// events calls each with the events of an aggregate.
	events(ctx context.Context, key Key[ID], each func(Envelope[ID, Pos, M], fold.Source) error) error
	// compare orders positions; false if the store has no order.
	compare(a, b Pos) (order int, ordered bool)
	storeID() string
}

// journalEvent is a stored event without the types that a repository does not
// use.
type journalEvent[Pos comparable] struct {
	kind      string
	position  Pos
	time      time.Time
	commit    CommitInfo
	commandID string
	source    fold.Source
}

func (e journalEvent[Pos]) eventID() string { return eventID(e.commit, e.position) }

// mapped is the journal of a store whose identifiers are Raw.
type mapped[ID, Raw, Pos comparable, M any] struct {
	store EventStore[Raw, Pos, M]
	rawID func(ID) Raw
}

func (j mapped[ID, Raw, Pos, M]) key(key Key[ID]) Key[Raw] {
	return Key[Raw]{Kind: key.Kind, ID: j.rawID(key.ID)}
}

func (j mapped[ID, Raw, Pos, M]) replay(ctx context.Context, key Key[ID], from Version[Pos], apply func(journalEvent[Pos]) error) error {
	raw := j.key(key)
	// Every event counts, also one without a handler: the version that the next
	// commit expects is that of the last event.
	return j.each(j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw, From: from}), apply)
}

// each calls apply with each event.
func (j mapped[ID, Raw, Pos, M]) each(events iter.Seq2[StoredEvent[Raw, Pos, M], error], apply func(journalEvent[Pos]) error) error {
	var stored StoredEvent[Raw, Pos, M]
	decode := func(event any) error { return j.store.DecodeEvent(stored, event) }
	var err error
	for stored, err = range events {
		if err != nil {
			return err
		}
		if err := apply(journalEvent[Pos]{stored.Kind, stored.Position, stored.Time, stored.Commit, stored.CommandID, fold.Source{Decode: decode}}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) commit(ctx context.Context, c Commit[ID, Pos, M], apply func(journalEvent[Pos]) error) (Pos, bool, error) {
	recorded, err := commitTo(ctx, j.store, j.raw(c))
	if err != nil {
		var none Pos
		if of, ok := errors.AsType[*CommitError](err); ok {
			err = of.Err // the repository names the aggregate
		}
		return none, false, err
	}
	if apply == nil || recorded.Events == nil {
		return recorded.Position, false, nil
	}
	err = j.each(func(yield func(StoredEvent[Raw, Pos, M], error) bool) {
		for _, e := range recorded.Events() {
			if !yield(e, nil) {
				return
			}
		}
	}, apply)
	return recorded.Position, err == nil, nil
}

// raw returns c with the identifier that the store knows.
func (j mapped[ID, Raw, Pos, M]) raw(c Commit[ID, Pos, M]) Commit[Raw, Pos, M] {
	return Commit[Raw, Pos, M]{
		Key: j.key(c.Key), Expected: c.Expected, Unchecked: c.Unchecked,
		Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID,
	}
}

func (j mapped[ID, Raw, Pos, M]) events(ctx context.Context, key Key[ID], each func(Envelope[ID, Pos, M], fold.Source) error) error {
	raw := j.key(key)
	for stored, err := range j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw}) {
		if err != nil {
			return err
		}
		e := Envelope[ID, Pos, M]{
			Key: key, Kind: stored.Kind, Position: stored.Position, Time: stored.Time,
			Metadata: stored.Metadata, MetadataErr: stored.MetadataErr, Commit: stored.Commit, CommandID: stored.CommandID,
		}
		if err := each(e, fold.Source{Decode: func(event any) error { return j.store.DecodeEvent(stored, event) }}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) compare(a, b Pos) (int, bool) {
	s, ok := j.store.(interface{ ComparePositions(a, b Pos) int })
	if !ok {
		return 0, false
	}
	return s.ComparePositions(a, b), true
}

func (j mapped[ID, Raw, Pos, M]) storeID() string { return resume.StoreID(j.store) }
