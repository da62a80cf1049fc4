package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// Warehouse is both sides: commands go to the products, and the board shows what
// came of them.
type Warehouse struct {
	products *Products
	board    *LiveBoard
}

// NewWarehouse returns the warehouse whose events are in store. Its board stands
// still until Run of it is called.
func NewWarehouse(store Store, snapshots Snapshots) *Warehouse {
	return &Warehouse{
		products: core.NewRepository(store, product).WithSnapshots(snapshots).WithRetries(5),
		board:    projection.NewLive(store, board).WithSnapshots(snapshots),
	}
}

// order is a command as it comes in.
type order struct {
	Product  string `json:"product"`
	Quantity *int64 `json:"quantity"`
	Book     *int64 `json:"book,omitempty"` // for a count: the stock that it was compared with
}

// errVerb reports a command that there is not.
var errVerb = errors.New("there is no such command")

// do carries out an order.
func (w *Warehouse) do(ctx context.Context, verb string, o order) (Version, error) {
	switch verb {
	case "receive":
		return w.products.Upsert(ctx, o.Product, Receive{*o.Quantity})
	case "ship":
		return w.products.Update(ctx, o.Product, Ship{*o.Quantity})
	case "count":
		return w.products.Update(ctx, o.Product, Count{Found: *o.Quantity, Book: *o.Book})
	}
	return Version{}, errVerb
}

// check returns what is wrong with an order, whatever the stock is, and writes
// the product's name as it is kept.
func (o *order) check(verb string) (err error) {
	if o.Product, err = productName(o.Product); err != nil {
		return err
	}
	switch {
	case o.Quantity == nil:
		return errors.New("the quantity is missing")
	case verb == "count" && o.Book == nil:
		return errors.New("the book, which is the stock that the count was compared with, is missing")
	}
	return nil
}

const maxName = 60

// productName returns a name as it is kept: on one line, and without characters
// that cannot be seen, so that two products that look the same are the same.
func productName(s string) (string, error) {
	name := strings.Join(strings.Fields(s), " ")
	switch {
	case name == "":
		return "", errors.New("the product has no name")
	case utf8.RuneCountInString(name) > maxName:
		return "", fmt.Errorf("the product's name is longer than %d characters", maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", errors.New("the product's name has characters that cannot be seen")
	}
	return name, nil
}
