package core

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// UniqueStore is what [CheckUnique] and [BuildUnique] ask of a store.
type UniqueStore[ID, Pos comparable, M any] interface {
	SystemStore[ID, Pos, M]
	ListingStore[ID, Pos, M]
}

// UniqueFault is an aggregate whose unique value and the entry of that value do not agree.
type UniqueFault[ID comparable] struct {
	Set string
	// Kind says what is wrong.
	Kind UniqueFaultKind
	// Key is that of the aggregate.
	Key Key[ID]
	// Owner is the other aggregate, of a clash.
	Owner Key[ID]
}

// String says what is wrong.
func (f UniqueFault[ID]) String() string {
	if f.Kind == UniqueClash {
		return fmt.Sprintf("%s: %v of %v and %v", f.Set, f.Kind, f.Key, f.Owner)
	}
	return fmt.Sprintf("%s: %v of %v", f.Set, f.Kind, f.Key)
}

// UniqueFaultKind is a kind of [UniqueFault].
type UniqueFaultKind string

// What can be wrong with a unique value.
const (
	// UniqueMissing is a value that its aggregate has, and that others can take.
	UniqueMissing UniqueFaultKind = "missing entry"
	// UniqueStale is a value that cannot be taken though its owner does not have it.
	UniqueStale UniqueFaultKind = "stale entry"
	// UniqueClash is a value that two aggregates have, from before the set was declared.
	UniqueClash UniqueFaultKind = "clash"
)

// CheckUnique yields where the entries of the unique values of an aggregate and the states
// do not agree: of all aggregates of its kind, and of all entries of its sets that name
// one of them. It may run while others write. The first error is the last thing yielded.
func CheckUnique[A any, ID, Pos comparable, M any](ctx context.Context, store UniqueStore[ID, Pos, M], aggregate *Aggregate[A]) iter.Seq2[UniqueFault[ID], error] {
	return uniqueFaults(ctx, store, aggregate, func(context.Context, ...Commit[ID, Pos, M]) error { return errNotMended })
}

// BuildUnique makes the entries of unique values for what was recorded before the set was
// declared, and releases values whose owners do not have them. It yields what cannot be
// mended: clashes, of which the aggregate that was found second is without an entry. It is
// to be run once every writer knows the set, may run while they write, and can be run
// again after it was interrupted.
func BuildUnique[A any, ID, Pos comparable, M any](ctx context.Context, store UniqueStore[ID, Pos, M], aggregate *Aggregate[A]) iter.Seq2[UniqueFault[ID], error] {
	return uniqueFaults(ctx, store, aggregate, func(ctx context.Context, commits ...Commit[ID, Pos, M]) error {
		_, err := store.Commit(ctx, commits...)
		return err
	})
}

// errNotMended says that a fault is to be told, not to be mended.
var errNotMended = errors.New("not mended")

// uniqueFaults yields the faults that mend does not mend. A conflict of mend means that
// the aggregate, or the entry, has changed meanwhile: it is looked at again.
func uniqueFaults[A any, ID, Pos comparable, M any](ctx context.Context, store UniqueStore[ID, Pos, M], aggregate *Aggregate[A], mend func(context.Context, ...Commit[ID, Pos, M]) error) iter.Seq2[UniqueFault[ID], error] {
	return func(yield func(UniqueFault[ID], error) bool) {
		secret, err := uniqueSecret(ctx, store)
		if err != nil {
			yield(UniqueFault[ID]{}, err)
			return
		}
		c := uniqueCheck[A, ID, Pos, M]{store: store, aggregate: aggregate, repo: NewRepository(store, aggregate), secret: secret, mend: mend, yield: yield}
		if err := c.run(ctx); err != nil && !errors.Is(err, errBroken) {
			yield(UniqueFault[ID]{}, err)
		}
	}
}

// errBroken says that the loop over the faults was broken off.
var errBroken = errors.New("loop broken off")
