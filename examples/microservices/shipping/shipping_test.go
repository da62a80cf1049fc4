package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/examples/microservices"
)

func key(kind, id string) core.Key[string] { return core.Key[string]{Kind: kind, ID: id} }

// A store in memory is enough to try what shipping does.
func TestPaidOrderIsShippedAndItsCustomerTold(t *testing.T) {
	store := memory.New[string, microservices.Meta]()
	for _, id := range []string{"A", "B", "C"} {
		coretest.Seed(t, store, key("order", id), microservices.OrderPlaced{Customer: "ada", Item: "book " + id})
	}
	paid := microservices.OrderPaid{Customer: "ada", Item: "book A"}
	coretest.Seed(t, store, key("order", "A"), paid)
	coretest.Seed(t, store, key("order", "B"), microservices.OrderCancelled{})

	var mails strings.Builder
	worker := reactor.NewWorker(store, newReactor(&mailer{&mails}))
	orders := projection.NewLive(store, openOrders)
	finish := start(t, orders.Run, worker.Run)
	require.NoError(t, worker.CatchUp(t.Context())) // A is shipped
	require.NoError(t, worker.CatchUp(t.Context())) // and the mail is sent
	require.NoError(t, orders.CatchUp(t.Context()))
	finish()

	orders.View(func(o *OpenOrders) {
		require.Equal(t, map[string]OpenOrder{"C": {Customer: "ada", Item: "book C"}}, o.Orders)
	})
	require.Regexp(t, `^mail shipping/\S+ to ada: order A is on its way: book A\n$`, mails.String())
}

// start runs tasks until the function that it returns is called.
func start(t *testing.T, tasks ...func(context.Context) error) (finish func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- microservices.Together(ctx, tasks...) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}
