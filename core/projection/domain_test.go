package projection_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// The events of these tests are those of an account.
type (
	accountOpened  struct{ Owner string }
	fundsDeposited struct{ Amount int64 }
	accountClosed  struct{} // has no handler
)

func (accountOpened) EventKind() string  { return "account.opened" }
func (fundsDeposited) EventKind() string { return "account.deposited" }
func (accountClosed) EventKind() string  { return "account.closed" }

func accountKey(id string) core.Key[string] { return core.Key[string]{Kind: "account", ID: id} }

// reserved is an event of a kind that no store accepts.
type reserved struct{}

func (reserved) EventKind() string { return "_checkpoint" }

type nameless struct{}

func (nameless) EventKind() string { return "" }

// A price was text, then a number, then a number with a currency.
type (
	priceSetV1 struct{ Text string }
	priceSetV2 struct{ Cents int }
	priceSet   struct {
		Cents    int
		Currency string
	}
)

func (priceSetV1) EventKind() string { return "price.set.v1" }
func (priceSetV2) EventKind() string { return "price.set.v2" }
func (priceSet) EventKind() string   { return "price.set" }

// EventHistory tells of the two prices before.
func (priceSet) EventHistory() core.History {
	return core.History{core.Was("price.set.v2", priceV2to3), core.Was("price.set.v1", priceV1to2)}
}

func priceV1to2(old priceSetV1) priceSetV2 {
	units, _ := strconv.Atoi(old.Text)
	return priceSetV2{Cents: 100 * units}
}

func priceV2to3(old priceSetV2) priceSet { return priceSet{old.Cents, "EUR"} }

var priceKey = core.Key[string]{Kind: "price", ID: "tea"}

// runs calls run in a goroutine until stop is called, which returns its result.
func runs(t *testing.T, run func(context.Context) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	return sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
}
