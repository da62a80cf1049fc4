package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// Projections are tested on a bank: accounts whose events carry the name of a
// clerk as metadata.
type (
	bankStore            = memory.Store[string, string]
	bankKey              = core.Key[string]
	bankCommit           = core.Commit[string, uint64, string]
	stored[E core.Event] = core.Recorded[E, string, uint64, string]
	ledgerHandler        = projection.Handler[ledger, string, uint64, string]
	ledgerProjection     = projection.Projection[ledger, string, uint64, string]
	liveLedger           = projection.Live[ledger, string, uint64, string]
	version              = core.Version[uint64]
	bankFilter           = core.Filter[string, uint64]
	bankEvent            = core.StoredEvent[string, uint64, string]
)

// ledger is what was paid into accounts.
type ledger struct {
	Total   int64
	Owners  []string
	Amounts []int64
	By      map[string]int64
}

func (l *ledger) opened(e stored[accountOpened]) { l.Owners = append(l.Owners, e.Event.Owner) }

func (l *ledger) deposited(e stored[fundsDeposited]) {
	l.Total += e.Event.Amount
	l.Amounts = append(l.Amounts, e.Event.Amount)
	if l.By == nil {
		l.By = make(map[string]int64)
	}
	l.By[e.Key.ID] += e.Event.Amount
}

var ledgers = projection.Define("ledger", projection.On((*ledger).opened), projection.On((*ledger).deposited))

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

// visits records events that neither the ledger nor a reactor takes.
func visits(t *testing.T, store core.EventStore[string, uint64, string], id string) version {
	t.Helper()
	return coretest.Seed(t, store, accountKey(id), accountClosed{})
}

// spoil records a deposit that cannot be decoded.
func spoil(t *testing.T, store core.EventStore[string, uint64, string], id string) version {
	t.Helper()
	return coretest.Seed(t, store, accountKey(id), coretest.Raw{Kind: "account.deposited", JSON: `[]`})
}

// totalOf is what the ledger has of some deposits on one account.
func totalOf(id string, amounts ...int64) ledger {
	l := ledger{Amounts: slices.Clone(amounts), By: map[string]int64{}}
	for _, amount := range amounts {
		l.Total += amount
	}
	l.By[id] = l.Total
	return l
}

func loadLedger(t *testing.T, store *bankStore, p *ledgerProjection) ledger {
	t.Helper()
	state, err := projection.Load(t.Context(), store, p)
	require.NoError(t, err)
	return state
}

func at(position uint64) version { return core.At(position) }

func text(a any) string { return fmt.Sprint(a) }

type bankEvents = iter.Seq2[bankEvent, error]

// ended returns a context that has ended, and why.
func ended() (context.Context, context.CancelFunc, error) {
	cause := errors.New("the office has closed")
	c, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return c, func() { cancel(nil) }, cause
}
