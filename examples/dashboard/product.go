package main

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The events of a product.
type (
	StockReceived struct{ Quantity int64 }
	StockShipped  struct{ Quantity int64 }
	StockCounted  struct{ Found, Difference int64 }
)

// EventKind names the event.
func (StockReceived) EventKind() string { return "stock.received" }

// EventKind names the event.
func (StockShipped) EventKind() string { return "stock.shipped" }

// EventKind names the event.
func (StockCounted) EventKind() string { return "stock.counted" }

// Product is the state that decisions are made on.
type Product struct{ Stock int64 }

var product = core.DefineAggregate("product",
	core.On(func(p *Product, e StockReceived) { p.Stock += e.Quantity }),
	core.On(func(p *Product, e StockShipped) { p.Stock -= e.Quantity }),
	core.On(func(p *Product, e StockCounted) { p.Stock = e.Found }),
)

const maxQuantity = 1_000_000

// ErrQuantity refuses a quantity that nobody can mean.
var ErrQuantity = errors.New("the quantity must be between 1 and 1,000,000")

// ShortError refuses to ship more than there is.
type ShortError struct{ Wanted, Stock int64 }

func (e ShortError) Error() string {
	return fmt.Sprintf("cannot ship %d, there are %d", e.Wanted, e.Stock)
}

// StaleError refuses a count that was compared with another stock than there is:
// goods were moved while somebody counted.
type StaleError struct{ Book, Stock int64 }

func (e StaleError) Error() string {
	return fmt.Sprintf("goods were moved since: there were %d, now there are %d", e.Book, e.Stock)
}

// The commands. Book is the stock that whoever counts believes there is.
type (
	Receive struct{ Quantity int64 }
	Ship    struct{ Quantity int64 }
	Count   struct{ Found, Book int64 }
)

// Handle takes what comes in. A product is known from then on.
func (c Receive) Handle(Product) ([]core.Event, error) {
	if c.Quantity < 1 || c.Quantity > maxQuantity {
		return nil, ErrQuantity
	}
	return []core.Event{StockReceived(c)}, nil
}

// Handle gives no more than there is.
func (c Ship) Handle(p Product) ([]core.Event, error) {
	switch {
	case c.Quantity < 1 || c.Quantity > maxQuantity:
		return nil, ErrQuantity
	case c.Quantity > p.Stock:
		return nil, ShortError{Wanted: c.Quantity, Stock: p.Stock}
	}
	return []core.Event{StockShipped(c)}, nil
}

// Handle sets the stock right. That all is as it should be is recorded too.
func (c Count) Handle(p Product) ([]core.Event, error) {
	switch {
	case c.Found < 0 || c.Found > maxQuantity:
		return nil, ErrQuantity
	case c.Book != p.Stock:
		return nil, StaleError{Book: c.Book, Stock: p.Stock}
	}
	return []core.Event{StockCounted{Found: c.Found, Difference: c.Found - p.Stock}}, nil
}
