package sealed

import (
	"context"
	"iter"

	"github.com/jetsource/jetsource/core"
)

// Pending yields the subjects that are to be forgotten and are not yet.
func (f *Forgetter[ID, Pos, M]) Pending(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for id, err := range f.store.IDs(ctx, SubjectKind) {
			var last, subject string
			if err == nil {
				last, _, err = f.last(ctx, core.Key[ID]{Kind: SubjectKind, ID: id})
			}
			if err == nil && last != requestedKind {
				continue
			}
			if err == nil {
				subject, err = f.text(id)
			}
			if !yield(subject, err) || err != nil {
				return
			}
		}
	}
}

// Resume forgets the subjects that are pending: a program calls it when it starts, beside
// its other work.
func (f *Forgetter[ID, Pos, M]) Resume(ctx context.Context) error {
	for subject, err := range f.Pending(ctx) {
		if err == nil {
			err = f.Forget(ctx, subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
