//go:build unix

package microservices_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// clients is how many order at a time.
const clients = 4

// customers place and pay orders, and look at each as soon as it is placed.
type customers struct {
	*client
	shipping []string // URLs of the processes that they look at in turn
}

// order has orders placed and paid, and returns a function that waits for it.
func (c customers) order(ctx context.Context, from, to int) (wait func() error) {
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for first := range clients {
		wg.Go(func() {
			for i := from + first; i < to && errs[first] == nil; i += clients {
				if err := c.one(ctx, i); err != nil {
					errs[first] = fmt.Errorf("order %d: %w", i, err)
				}
			}
		})
	}
	return func() error {
		wg.Wait()
		return errors.Join(errs...)
	}
}

func orderID(i int) string { return fmt.Sprintf("order-%03d", i) }

func (c customers) one(ctx context.Context, i int) error {
	id := orderID(i)
	place := fields{"Customer": fmt.Sprintf("customer-%d", i%7), "Item": "book", "Cents": 100 + i}
	placed, err := c.must(ctx, id, "place-"+id, place)
	if err != nil {
		return err
	}
	// One who missed the answer asks again, and gets the same.
	again, err := c.must(ctx, id, "place-"+id, place)
	if err != nil || again != placed {
		return fmt.Errorf("placed at %v, and again at %v: %w", placed, again, err)
	}
	// Another process sees what was written, by the token.
	status, _, err := c.see(ctx, c.shipping[i%len(c.shipping)], id, placed)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("the order of version %v is not open: status %d: %w", placed, status, err)
	}
	if i%10 == 0 {
		return c.payTwice(ctx, id, 100+i)
	}
	_, err = c.must(ctx, id+"/payment", "pay-"+id, fields{"Cents": 100 + i})
	return err
}

// payTwice has two pay one order at the same time: one is refused.
func (c customers) payTwice(ctx context.Context, id string, cents int) error {
	var statuses [2]int
	var errs [2]error
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			key := fmt.Sprintf("pay-%s-%d", id, i)
			statuses[i], _, errs[i] = c.command(ctx, id+"/payment", key, fields{"Cents": cents})
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if min(statuses[0], statuses[1]) != http.StatusOK || max(statuses[0], statuses[1]) != http.StatusUnprocessableEntity {
		return fmt.Errorf("two paid at once, with status %v", statuses)
	}
	return nil
}
