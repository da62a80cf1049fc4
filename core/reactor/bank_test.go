package reactor_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// Reactors are tested on a bank: accounts whose events carry the name of a clerk
// as metadata.
type (
	bankStore            = memory.Store[string, string]
	bankKey              = core.Key[string]
	bankCommit           = core.Commit[string, uint64, string]
	stored[E core.Event] = core.Recorded[E, string, uint64, string]
	bankReactor          = reactor.Reactor[string, uint64, string]
	bankWorker           = reactor.Worker[string, uint64, string]
	bankHandler          = reactor.Handler[string, uint64, string]
	version              = core.Version[uint64]
	bankFilter           = core.Filter[string, uint64]
	bankEvents           = iter.Seq2[bankEvent, error]
	bankEvent            = core.StoredEvent[string, uint64, string]
	bankCommitted        = core.Committed[string, uint64, string]
	storedEntry          = core.StoredEntry[uint64]
)

func newBank() *bankStore { return memory.New[string, string]() }

// pay records deposits on an account, in one commit.
func pay(t *testing.T, store core.EventStore[string, uint64, string], id string, amounts ...int64) version {
	t.Helper()
	events := make([]core.Event, len(amounts))
	for i, amount := range amounts {
		events[i] = fundsDeposited{amount}
	}
	return coretest.Seed(t, store, accountKey(id), events...)
}

// visits records events that no reactor handles.
func visits(t *testing.T, store core.EventStore[string, uint64, string], id string) version {
	t.Helper()
	return coretest.Seed(t, store, accountKey(id), accountClosed{})
}

// spoil records a deposit that cannot be decoded.
func spoil(t *testing.T, store core.EventStore[string, uint64, string], id string) version {
	t.Helper()
	return coretest.Seed(t, store, accountKey(id), coretest.Raw{Kind: "account.deposited", JSON: `[]`})
}

func at(position uint64) version { return core.At(position) }

func text(a any) string { return fmt.Sprint(a) }

// lost is a store whose subscription ends with an error.
type lost struct {
	*bankStore
	err error
}

func (s lost) Subscribe(ctx context.Context, filters ...bankFilter) bankEvents {
	return func(yield func(bankEvent, error) bool) {
		for e, err := range s.LoadEvents(ctx, filters...) {
			if !yield(e, err) {
				return
			}
		}
		yield(bankEvent{}, s.err)
	}
}

// amounts returns the deposits in the store, in order.
func amounts(t *testing.T, store *bankStore) (all []int64) {
	t.Helper()
	for e, err := range store.LoadEvents(t.Context(), bankFilter{EventKind: "account.deposited"}) {
		require.NoError(t, err)
		event, err := core.Decode[fundsDeposited](store, e)
		require.NoError(t, err)
		all = append(all, event.Amount)
	}
	return all
}

// parkedEvent names the event at a position among those that are parked.
func parkedEvent(position uint64) reactor.ParkedEvent[uint64] {
	return reactor.ParkedEvent[uint64]{Position: position}
}
