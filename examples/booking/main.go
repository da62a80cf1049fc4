// Booking is a process manager: an aggregate, a reactor and a timer. A room that is requested
// is reserved, and has to be paid for within half an hour, or the booking expires; what is paid
// too late is given back. A minute takes a tenth of a second, so that one sees it.
//
//	go run ./examples/booking
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// minute is how long a minute takes.
const minute = 100 * time.Millisecond

func main() {
	if err := run(context.Background(), os.Stdout, minute); err != nil {
		log.Fatal(err)
	}
}

// run tells the story of three bookings.
func run(ctx context.Context, out io.Writer, minute time.Duration) (err error) {
	store := memory.New[string, core.NoMetadata]()
	bookings := core.NewRepository(store, booking).WithRetries(3)
	bank := &printedBank{out: out}
	bank.closed.Store(true)
	m := &manager{bookings: bookings, paymentTime: 30 * minute, bank: bank}
	worker := reactor.NewWorker(store, m.reactor()).ParkAfter(2)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()

	if err := request(ctx, bookings, "early", "never", "late"); err != nil {
		return err
	}
	pay := func(id string) error { _, err := bookings.Update(ctx, id, Pay{}); return err }
	steps := []struct {
		after int // minutes
		what  string
		do    func() error
	}{
		{5, "is reserved, and has half an hour", nil},
		{5, "early pays", func() error { return pay("early") }},
		{25, "half an hour is over", nil},
		{5, "late pays, and the bank is closed", func() error { return pay("late") }},
		{5, "the bank opens, and what was parked is replayed", func() error {
			bank.closed.Store(false)
			return worker.ReplayAll(ctx)
		}},
		{1, "that is all", nil},
	}
	for _, step := range steps {
		time.Sleep(time.Duration(step.after) * minute)
		say(out, "- %s", step.what)
		if step.do != nil {
			if err := step.do(); err != nil {
				return err
			}
		}
		time.Sleep(minute)
		if err := show(ctx, out, bookings, worker); err != nil {
			return err
		}
	}
	return nil
}

// request has rooms requested.
func request(ctx context.Context, bookings *Repository, ids ...string) error {
	for _, id := range ids {
		if _, err := bookings.Create(ctx, id, Request{Guest: "ada", Room: "12"}); err != nil {
			return err
		}
	}
	return nil
}

// show prints the bookings, the timers and what is parked.
func show(ctx context.Context, out io.Writer, bookings *Repository, worker *reactor.Worker[string, uint64, core.NoMetadata]) error {
	for _, id := range []string{"early", "never", "late"} {
		b, _, err := bookings.Load(ctx, id)
		if err != nil {
			return err
		}
		say(out, "  %s: %s", id, b.Status)
	}
	timers, err := worker.Timers(ctx)
	if err != nil {
		return err
	}
	parked, err := worker.Parked(ctx)
	if err != nil {
		return err
	}
	say(out, "  %d timers are pending", len(timers))
	for _, p := range parked {
		say(out, "  parked: %s of %s, because %s", p.Kind, p.Key, p.Reason)
	}
	return nil
}

// say prints a line.
func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
