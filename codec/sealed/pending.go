package sealed

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jetsource/jetsource/core"
)

// Pending yields the subjects that are to be forgotten and are not yet.
func (f *Forgetter[ID, Pos, M]) Pending(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for s, err := range f.recorded(ctx) {
			if err == nil && s.last != requestedKind {
				continue
			}
			if !yield(s.subject, err) || err != nil {
				return
			}
		}
	}
}

// recordedSubject is a subject that was to be forgotten at any time.
type recordedSubject struct{ subject, last string } // last is the kind of its last event

// recorded yields the subjects of which the log has events.
func (f *Forgetter[ID, Pos, M]) recorded(ctx context.Context) iter.Seq2[recordedSubject, error] {
	return func(yield func(recordedSubject, error) bool) {
		for id, err := range f.store.IDs(ctx, SubjectKind) {
			var s recordedSubject
			if err == nil {
				s.last, _, err = f.last(ctx, core.Key[ID]{Kind: SubjectKind, ID: id})
			}
			if err == nil {
				s.subject, err = f.text(id)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Resume forgets the subjects that are pending: a program calls it when it starts, beside
// its other work. Call it also after a restore, before anything else reads the log: it first
// destroys the keys of all subjects that were forgotten according to the log, in a key store
// that has lost that, or has their keys again. For each of these it reads a few messages. A
// [ClearTextError] of one of the pending subjects does not keep it from the others.
func (f *Forgetter[ID, Pos, M]) Resume(ctx context.Context) error {
	var pending []string
	for s, err := range f.recorded(ctx) {
		if err == nil && s.last == forgottenKind {
			err = f.codec.keys.destroy(ctx, s.subject)
		}
		if err != nil {
			return fmt.Errorf("resume to forget: %w", err)
		}
		if s.last != forgottenKind {
			pending = append(pending, s.subject)
		}
	}
	var inClear []error
	for _, subject := range pending {
		err := f.Forget(ctx, subject)
		if _, forgotten := errors.AsType[*ClearTextError](err); forgotten {
			inClear = append(inClear, err)
		} else if err != nil {
			return errors.Join(append(inClear, err)...)
		}
	}
	return errors.Join(inClear...)
}
