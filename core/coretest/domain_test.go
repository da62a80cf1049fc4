package coretest_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// A room is booked by guests; a guest may bring others.
type room struct {
	guests map[string]int // with how many each comes
	until  time.Time
}

type (
	booked   struct{ Guests map[string]int }
	bookedV1 struct{ Guest string }
	extended struct {
		Until time.Time
		Why   *reason
	}
	reason struct {
		Words []string
		Depth int
	}
	left  struct{ Guest string }
	noted struct{ Guest string }
)

func (booked) EventKind() string   { return "room.booked" }
func (bookedV1) EventKind() string { return "room.reserved" }
func (extended) EventKind() string { return "room.extended" }
func (left) EventKind() string     { return "room.left" }
func (noted) EventKind() string    { return "room.noted" }

// EventHistory tells of bookings without others.
func (booked) EventHistory() core.History {
	return core.History{core.Was("room.reserved", func(old bookedV1) booked { return booked{map[string]int{old.Guest: 0}} })}
}

var rooms = core.DefineAggregate("room",
	core.On((*room).booked),
	core.On(func(r *room, e extended) { r.until = e.Until }),
	core.On(func(*room, noted) {}),
)

// booked keeps the map of the event, which is safe with what was decoded.
func (r *room) booked(e booked) {
	if r.guests == nil {
		r.guests = e.Guests
		return
	}
	for guest, others := range e.Guests {
		r.guests[guest] += others
	}
}

var errFull = errors.New("the room is full")

// book is a command that keeps the rules.
type book struct {
	guest string
	with  int
}

func (c book) Handle(r room) ([]core.Event, error) {
	if n, ok := r.guests[c.guest]; ok && n >= c.with {
		return nil, nil
	}
	if len(r.guests) == 2 {
		return nil, fmt.Errorf("book for %s: %w", c.guest, errFull)
	}
	return []core.Event{booked{map[string]int{c.guest: c.with}}}, nil
}

// emit is a command that emits what it is told to.
func emit(events ...core.Event) core.Command[room] {
	return core.CommandFunc[room](func(room) ([]core.Event, error) { return events, nil })
}
