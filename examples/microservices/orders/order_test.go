package main

import (
	"testing"

	"github.com/jetsource/jetsource/core/coretest"
)

var book = placed{Customer: "ada", Item: "book", Cents: 1250}

func TestOrderIsPaidOnce(t *testing.T) {
	coretest.Given(t, order, book).
		When(Pay{1249}).ThenRefused(ErrAmount).
		When(Pay{1250}).Then(paid(book)).
		When(Pay{1250}).ThenRefused(ErrPaid).
		When(Cancel{"too late"}).ThenRefused(ErrPaid)
}

func TestCancelledOrderIsNotPaid(t *testing.T) {
	coretest.Given(t, order, book).
		When(Cancel{"changed my mind"}).Then(cancelled{Reason: "changed my mind"}).
		When(Cancel{"again"}).ThenNothing().
		When(Pay{1250}).ThenRefused(ErrCancelled)
}

func TestOrderIsComplete(t *testing.T) {
	empty := coretest.Given(t, order)
	for _, c := range []Place{{"", "book", 1}, {"ada", "", 1}, {"ada", "book", 0}} {
		empty.When(c).ThenRefused(ErrIncomplete)
	}
}
