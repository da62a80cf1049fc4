package main

import (
	"errors"

	"github.com/jetsource/jetsource/core"
)

// The events of a booking.
type (
	Requested struct{ Guest, Room string }
	Reserved  struct{ Until string } // when it has to be paid, for people
	Paid      struct{}
	Expired   struct{}
	Refunded  struct{}
)

func (Requested) EventKind() string { return "booking.requested" }
func (Reserved) EventKind() string  { return "booking.reserved" }
func (Paid) EventKind() string      { return "booking.paid" }
func (Expired) EventKind() string   { return "booking.expired" }
func (Refunded) EventKind() string  { return "booking.refunded" }

// Booking is what a booking has come to.
type Booking struct{ Status string }

var booking = core.DefineAggregate("booking",
	core.On(func(b *Booking, _ Requested) { b.Status = "requested" }),
	core.On(func(b *Booking, _ Reserved) { b.Status = "reserved" }),
	core.On(func(b *Booking, _ Paid) {
		if b.Status == "expired" {
			b.Status = "paid too late"
			return
		}
		b.Status = "paid"
	}),
	core.On(func(b *Booking, _ Expired) { b.Status = "expired" }),
	core.On(func(b *Booking, _ Refunded) { b.Status = "refunded" }),
)

// Request begins a booking.
type Request struct{ Guest, Room string }

// Handle refuses one that has begun.
func (c Request) Handle(b Booking) ([]core.Event, error) {
	if b.Status != "" {
		return nil, errors.New("the booking exists")
	}
	return []core.Event{Requested(c)}, nil
}

// Pay is what the bank tells, also of a payment that is late: the money is there.
type Pay struct{}

// Handle takes the money.
func (Pay) Handle(Booking) ([]core.Event, error) { return []core.Event{Paid{}}, nil }

// Expire gives the room back, unless it was paid for.
type Expire struct{}

// Handle does nothing for a booking that is no longer reserved.
func (Expire) Handle(b Booking) ([]core.Event, error) {
	if b.Status != "reserved" {
		return nil, nil
	}
	return []core.Event{Expired{}}, nil
}

// Refund gives the money back that came too late.
type Refund struct{}

// Handle does nothing if there is nothing to give back.
func (Refund) Handle(b Booking) ([]core.Event, error) {
	if b.Status != "paid too late" {
		return nil, nil
	}
	return []core.Event{Refunded{}}, nil
}
