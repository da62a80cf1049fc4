package coretest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

type (
	ItemAdded  struct{ Name string }
	CheckedOut struct{ Items int }
	AddItem    struct{ Name string }
	CheckOut   struct{}
	Cart       struct{ Items []string }
)

func (ItemAdded) EventKind() string  { return "cart.added" }
func (CheckedOut) EventKind() string { return "cart.checked-out" }

var cart = core.DefineAggregate("cart",
	core.On(func(c *Cart, e ItemAdded) { c.Items = append(c.Items, e.Name) }),
	core.On(func(c *Cart, _ CheckedOut) { c.Items = nil }),
)

var ErrEmpty = errors.New("the cart is empty")

func (c AddItem) Handle(Cart) ([]core.Event, error) {
	return []core.Event{ItemAdded(c)}, nil
}

func (CheckOut) Handle(c Cart) ([]core.Event, error) {
	if len(c.Items) == 0 {
		return nil, ErrEmpty
	}
	return []core.Event{CheckedOut{Items: len(c.Items)}}, nil
}

// printed is a test that prints how it fails. In a test of one's own it is the t
// that the test is given.
type printed struct{ testing.TB }

func (printed) Helper()                           {}
func (printed) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func ExampleGiven() {
	var t printed

	coretest.Given(t, cart, ItemAdded{"tea"}).
		When(AddItem{"milk"}).
		Then(ItemAdded{"milk"}).
		When(CheckOut{}).
		Then(CheckedOut{Items: 2}).
		When(CheckOut{}).
		ThenRefused(ErrEmpty)

	// A failure says which event is another one, and in which field.
	coretest.Given(t, cart, ItemAdded{"tea"}).
		When(CheckOut{}).
		Then(CheckedOut{Items: 2})
	// Output:
	// when coretest_test.CheckOut: emitted other events than wanted:
	//     event 0: cart.checked-out
	//         Items: got 1, want 2
}
