package core

import (
	"context"
	"errors"
)

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

func (j mapped[ID, Raw, Pos, M]) answers(committed any) []answer[Pos] {
	var all []answer[Pos]
	for _, c := range committed.([]Committed[Raw, Pos, M]) {
		all = append(all, j.answer(c))
	}
	return all
}

func (j mapped[ID, Raw, Pos, M]) raw(commits ...Commit[ID, Pos, M]) any {
	all := make([]Commit[Raw, Pos, M], len(commits))
	for i, c := range commits {
		all[i] = j.rawCommit(c)
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
