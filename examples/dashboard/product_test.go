package main

import (
	"testing"

	"github.com/jetsource/jetsource/core/coretest"
)

func TestNoMoreIsShippedThanThereIs(t *testing.T) {
	coretest.Given(t, product, StockReceived{Quantity: 5}).
		When(Ship{Quantity: 3}).
		Then(StockShipped{Quantity: 3}).
		When(Ship{Quantity: 3}).
		ThenRefused(ShortError{Wanted: 3, Stock: 2})
}

func TestCountIsOfTheStockThatThereIs(t *testing.T) {
	coretest.Given(t, product, StockReceived{Quantity: 5}).
		When(Count{Found: 4, Book: 5}).
		Then(StockCounted{Found: 4, Difference: -1}).
		When(Count{Found: 4, Book: 5}).
		ThenRefused(StaleError{Book: 5, Stock: 4}).
		ThenState(Product{Stock: 4})
}

func TestQuantitiesAreWithinReason(t *testing.T) {
	stocked := coretest.Given(t, product, StockReceived{Quantity: 5})
	for _, n := range []int64{-1, 0, maxQuantity + 1} {
		stocked.When(Receive{Quantity: n}).ThenRefused(ErrQuantity)
		stocked.When(Ship{Quantity: n}).ThenRefused(ErrQuantity)
	}
	stocked.When(Count{Found: -1, Book: 5}).ThenRefused(ErrQuantity)
	stocked.When(Count{Found: 0, Book: 5}).Then(StockCounted{Found: 0, Difference: -5})
}
