package core

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"

	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// mapped is the journal of a store whose identifiers are Raw.
type mapped[ID, Raw, Pos comparable, M any] struct {
	store   EventStore[Raw, Pos, M]
	rawID   func(ID) Raw
	observe *Observer
}

func (j mapped[ID, Raw, Pos, M]) logger() *slog.Logger { return LoggerOf(j.store) }

func (j mapped[ID, Raw, Pos, M]) observer() *Observer { return j.observe }

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
		if err := apply(journalEvent[Pos]{stored.Kind, stored.Position, stored.Time, stored.Commit, command{stored.CommandID, stored.Fingerprint}, fold.Source{Decode: decode}}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) commit(ctx context.Context, c Commit[ID, Pos, M], claims []claim) (answer[Pos], error) {
	for {
		recorded, err := j.tryCommit(ctx, c, claims)
		if err == nil {
			return j.answer(recorded[0]), nil
		}
		if of, ok := errors.AsType[*CommitError](err); ok {
			if of.Index > 0 && errors.Is(err, ErrConflict) {
				continue // a value changed hands: look which aggregate has it now
			}
			err = of.Err // the repository names the aggregate
		}
		return answer[Pos]{}, err
	}
}

func (j mapped[ID, Raw, Pos, M]) tryCommit(ctx context.Context, c Commit[ID, Pos, M], claims []claim) ([]Committed[Raw, Pos, M], error) {
	entries, err := j.claimEntries(ctx, claims)
	if err != nil {
		return nil, err
	}
	return commitTo(ctx, j.store, append([]Commit[Raw, Pos, M]{j.rawCommit(c)}, entries...)...)
}

func (j mapped[ID, Raw, Pos, M]) owner(key Key[ID]) (string, error) { return ownerText(j.key(key)) }

func (j mapped[ID, Raw, Pos, M]) entries(ctx context.Context, claims []claim) (all []Commit[ID, Pos, M], err error) {
	entries, err := j.claimEntries(ctx, claims)
	for _, e := range entries {
		all = append(all, Commit[ID, Pos, M]{Expected: e.Expected, Entry: e.Entry})
	}
	return all, err
}

// claimEntries is the function of this name. The store must be a [SystemStore]: see supportsUnique.
func (j mapped[ID, Raw, Pos, M]) claimEntries(ctx context.Context, claims []claim) ([]Commit[Raw, Pos, M], error) {
	if len(claims) == 0 {
		return nil, nil
	}
	return claimEntries(ctx, j.store.(SystemStore[Raw, Pos, M]), claims)
}

func (j mapped[ID, Raw, Pos, M]) supportsUnique() bool {
	_, ok := j.store.(SystemStore[Raw, Pos, M])
	return ok
}

func (j mapped[ID, Raw, Pos, M]) answer(recorded Committed[Raw, Pos, M]) answer[Pos] {
	each := func(apply func(journalEvent[Pos]) error) bool {
		if recorded.Events == nil {
			return false
		}
		return nil == j.each(func(yield func(StoredEvent[Raw, Pos, M], error) bool) {
			for _, e := range recorded.Events() {
				if !yield(e, nil) {
					return
				}
			}
		}, apply)
	}
	return answer[Pos]{recorded.Position, each}
}

func (j mapped[ID, Raw, Pos, M]) version(ctx context.Context, key Key[ID]) (Version[Pos], error) {
	return j.store.Version(ctx, j.key(key))
}

func (j mapped[ID, Raw, Pos, M]) needsKey(events []Event) bool {
	keyed, ok := any(j.store).(KeyedStore)
	return ok && slices.ContainsFunc(events, keyed.NeedsKey)
}

func (j mapped[ID, Raw, Pos, M]) reread(e Event) (fold.Source, error) {
	stored, err := j.store.EncodeEvent(e)
	return fold.Source{Decode: func(event any) error { return j.store.DecodeEvent(stored, event) }}, err
}

// isOf compares identifiers, where the stores have one: either may be a wrapper.
func (j mapped[ID, Raw, Pos, M]) isOf(store any) bool {
	other, ok := store.(EventStore[Raw, Pos, M])
	if !ok {
		return false
	}
	if id := j.storeID(); id != "" {
		return id == resume.StoreID(other)
	}
	return any(j.store) == store
}

func (j mapped[ID, Raw, Pos, M]) rawKey(key Key[ID]) any { return j.key(key) }

func (j mapped[ID, Raw, Pos, M]) raw(commits ...Commit[ID, Pos, M]) any {
	all := make([]Commit[Raw, Pos, M], len(commits))
	for i, c := range commits {
		all[i] = j.rawCommit(c)
	}
	return all
}

func (j mapped[ID, Raw, Pos, M]) answers(committed any) []answer[Pos] {
	var all []answer[Pos]
	for _, c := range committed.([]Committed[Raw, Pos, M]) {
		all = append(all, j.answer(c))
	}
	return all
}

// rawCommit returns c with the identifier that the store knows.
func (j mapped[ID, Raw, Pos, M]) rawCommit(c Commit[ID, Pos, M]) Commit[Raw, Pos, M] {
	return Commit[Raw, Pos, M]{
		Key: j.key(c.Key), Expected: c.Expected, Unchecked: c.Unchecked,
		Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID, Fingerprint: c.Fingerprint,
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
			Metadata: stored.Metadata, MetadataErr: stored.MetadataErr, Commit: stored.Commit, CommandID: stored.CommandID, Fingerprint: stored.Fingerprint,
			Origin: stored.Origin,
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
