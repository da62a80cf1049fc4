package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type CustomerRegistered struct{ Email string }

func (CustomerRegistered) EventKind() string { return "customer.registered" }

type Customer struct{ Email string }

// No two customers have one address. It is compared without regard to case.
var customers = core.DefineAggregate("customer",
	core.On(func(c *Customer, e CustomerRegistered) { c.Email = e.Email }),
).WithUnique("customer.email", func(c Customer) string { return strings.ToLower(c.Email) })

type Register struct{ Email string }

func (c Register) Handle(Customer) ([]core.Event, error) {
	return []core.Event{CustomerRegistered(c)}, nil
}

func ExampleAggregate_WithUnique() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, customers)

	_, err := repo.Create(ctx, "C-1", Register{"Ada@example.com"})
	fmt.Println(err)
	_, err = repo.Create(ctx, "C-2", Register{"ada@example.com"})
	fmt.Println(errors.Is(err, core.ErrTaken), err)

	_, err = repo.Update(ctx, "C-1", Register{"countess@example.com"}) // gives the old one up
	fmt.Println(err)
	_, err = repo.Create(ctx, "C-2", Register{"ada@example.com"})
	fmt.Println(err)
	fmt.Println(core.Owner(ctx, store, "customer.email", "ada@example.com"))
	// Output:
	// <nil>
	// true create customer C-2: value is taken: customer.email, by customer C-1
	// <nil>
	// <nil>
	// customer C-2 true <nil>
}

// Customers from before the set was declared are brought in; those that share an address
// are told.
func ExampleBuildUnique() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	before := core.NewRepository(store, core.DefineAggregate("customer",
		core.On(func(c *Customer, e CustomerRegistered) { c.Email = e.Email })))
	for _, id := range []string{"C-1", "C-2"} {
		if _, err := before.Create(ctx, id, Register{"ada@example.com"}); err != nil {
			fmt.Println(err)
		}
	}
	for fault, err := range core.CheckUnique(ctx, store, customers) {
		fmt.Println(fault.Set, fault.Kind, err)
	}
	for clash, err := range core.BuildUnique(ctx, store, customers) {
		fmt.Println(clash.Kind, clash.Key.Kind == clash.Owner.Kind, err)
	}
	// Output:
	// customer.email missing entry <nil>
	// customer.email missing entry <nil>
	// clash true <nil>
}
