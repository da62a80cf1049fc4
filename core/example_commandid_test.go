package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type InvoicePaid struct{ Amount int }

func (InvoicePaid) EventKind() string { return "invoice.paid" }

type Invoice struct{ Paid int }

var invoices = core.DefineAggregate("invoice",
	core.On(func(i *Invoice, e InvoicePaid) { i.Paid += e.Amount }),
)

type Pay struct{ Amount int }

func (c Pay) Handle(Invoice) ([]core.Event, error) {
	return []core.Event{InvoicePaid(c)}, nil
}

// A payment that is sent twice is paid once, and both senders hear the same.
func ExampleWithCommandID() {
	repo := core.NewRepository(memory.New[string, core.NoMetadata](), invoices)

	for _, payment := range []string{"payment-7", "payment-8", "payment-7"} {
		ctx := core.WithCommandID(context.Background(), payment)
		version, err := repo.Upsert(ctx, "I-1", Pay{Amount: 50})
		fmt.Println(payment, "is at", version, err)
	}
	invoice, _, err := repo.Load(context.Background(), "I-1")
	fmt.Println("paid", invoice.Paid, err)
	// Output:
	// payment-7 is at 1 <nil>
	// payment-8 is at 2 <nil>
	// payment-7 is at 1 <nil>
	// paid 100 <nil>
}
