package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// The types of the application.
type (
	Store                  = core.SystemStore[string, uint64, core.NoMetadata]
	Commit                 = core.Commit[string, uint64, core.NoMetadata]
	Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	Reactor                = reactor.Reactor[string, uint64, core.NoMetadata]
	Repository             = core.Repository[Booking, string, uint64, core.NoMetadata]
)

// PaymentDue is the timer of a booking that is reserved.
type PaymentDue struct{}

// EventKind names the timer.
func (PaymentDue) EventKind() string { return "booking.payment-due" }

// manager is the process manager: it reserves what is requested, sets a timer for the
// payment, cancels it when that comes, lets the booking expire when it does not, and gives
// back what comes too late.
type manager struct {
	bookings    *Repository
	paymentTime time.Duration // for the payment
	bank        bank
}

func (m *manager) reactor() *Reactor {
	return reactor.Define("booking-manager",
		reactor.Produce(m.requested), reactor.Produce(m.paid), reactor.Due(m.due), reactor.On(m.refunded),
	)
}

// requested reserves the room. The timer is recorded in one commit with that.
func (m *manager) requested(ctx context.Context, e Recorded[Requested]) ([]Commit, error) {
	until := e.Time.Add(m.paymentTime)
	if err := reactor.SetTimer(ctx, "payment", until, PaymentDue{}); err != nil {
		return nil, err
	}
	return []Commit{{Key: e.Key, Expected: core.At(e.Position), Events: []core.Event{Reserved{until.Format("15:04")}}}}, nil
}

// paid has no need of the timer any more. If it comes too late, the money goes back.
func (m *manager) paid(ctx context.Context, e Recorded[Paid]) ([]Commit, error) {
	if err := reactor.CancelTimer(ctx, "payment"); err != nil {
		return nil, err
	}
	return m.bookings.Decide(ctx, e.Key.ID, Refund{})
}

// due lets the booking expire. It looks at the booking: a payment may have been recorded, and
// not been reacted to.
func (m *manager) due(ctx context.Context, e Recorded[PaymentDue]) ([]Commit, error) {
	return m.bookings.Decide(ctx, e.Key.ID, Expire{})
}

// refunded tells the bank, which may be closed. The event is parked then, and replayed later.
func (m *manager) refunded(_ context.Context, e Recorded[Refunded]) error {
	return m.bank.transfer(e.EventID(), e.Key.ID)
}

// bank transfers money back. A transfer that comes again with its id is the same one.
type bank interface {
	transfer(id, booking string) error
}

// printedBank prints what it transfers.
type printedBank struct {
	out    io.Writer
	closed atomic.Bool
}

func (b *printedBank) transfer(_, booking string) error {
	if b.closed.Load() {
		return reactor.WithReason(errors.New("connection refused"), "the bank is closed")
	}
	_, err := fmt.Fprintf(b.out, "the bank gives back the money for %s\n", booking)
	return err
}
