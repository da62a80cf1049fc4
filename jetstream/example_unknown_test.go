package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// The store resolves a commit whose answer was lost by itself, as long as the
// context lasts. After that it is up to the caller, which must not just commit
// again: the first commit may have been recorded.
func ExampleStore_Resolve() {
	var store *jetstream.Store[string, core.NoMetadata] // opened

	deposit := func(key core.Key[string], at core.Version[uint64]) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := core.CommitEventsOptimistic(ctx, store, key, at, []core.Event{FundsDeposited{100}}, core.NoMetadata{})
		unknown, ok := errors.AsType[*jetstream.UnknownOutcomeError](err)
		if !ok {
			return err
		}
		later, cancelLater := context.WithTimeout(context.Background(), time.Minute)
		defer cancelLater()
		positions, err := store.Resolve(later, unknown)
		switch {
		case err == nil:
			fmt.Println("recorded at", positions[0])
		case errors.Is(err, core.ErrConflict):
			fmt.Println("not recorded, and never will be: decide again")
		case errors.Is(err, core.ErrUnknownOutcome):
			fmt.Println("still open: ask again")
		}
		return err
	}
	_ = deposit
}
