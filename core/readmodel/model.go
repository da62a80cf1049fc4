package readmodel

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// Handler writes events of one kind into tables. [On] makes one.
type Handler[Tx any, ID, Pos comparable, M any] struct {
	handler handlers.Handler[writeFunc[Tx, ID, Pos, M], ID]
}

// writeFunc writes one event, of which it takes a pointer.
type writeFunc[Tx any, ID, Pos comparable, M any] func(ctx context.Context, tx Tx, envelope *core.Envelope[ID, Pos, M], event any) error

// On makes a handler of a function. It writes into the database by tx alone: what it
// writes in another way is not undone when the transaction is. It may be called again
// for an event, when a transaction was rolled back, so it must have no other effects. An
// error, or a panic, is one of the event: see [Runner].
func On[Tx any, E core.Event, ID, Pos comparable, M any](write func(context.Context, Tx, core.Recorded[E, ID, Pos, M]) error) Handler[Tx, ID, Pos, M] {
	var typed writeFunc[Tx, ID, Pos, M] = func(ctx context.Context, tx Tx, envelope *core.Envelope[ID, Pos, M], event any) error {
		return write(ctx, tx, core.Recorded[E, ID, Pos, M]{Envelope: *envelope, Event: *event.(*E)})
	}
	return Handler[Tx, ID, Pos, M]{handlers.On[E, ID](fold.ReadModel, typed)}
}

// Of returns the handler restricted to the events of some aggregates.
func (h Handler[Tx, ID, Pos, M]) Of(keys ...core.Key[ID]) Handler[Tx, ID, Pos, M] {
	return Handler[Tx, ID, Pos, M]{h.handler.Of(keys)}
}

// Model defines a read model: a table of typed functions that write into a database.
type Model[Tx any, ID, Pos comparable, M any] struct {
	layout Layout
	begin  func(context.Context, Tx) error
	table  handlers.Table[writeFunc[Tx, ID, Pos, M], ID]
}

// Define defines a model of a name, which must be an identifier, and the version of its
// layout, from 1. A model that would make other rows of the same events has another
// version. Define is meant for package variables, and panics when two handlers are for
// the same events; a wrong name is a [core.NameError] of what uses the model.
func Define[Tx any, ID, Pos comparable, M any](name string, version int, on ...Handler[Tx, ID, Pos, M]) *Model[Tx, ID, Pos, M] {
	all := make([]handlers.Handler[writeFunc[Tx, ID, Pos, M], ID], len(on))
	for i, h := range on {
		all[i] = h.handler
	}
	return &Model[Tx, ID, Pos, M]{
		layout: Layout{name, version},
		begin:  func(context.Context, Tx) error { return nil },
		table:  handlers.New(fold.ReadModel, name, all),
	}
}

// WithBegin returns the model with a function that is called once for a layout, in the
// transaction that begins it: it makes the tables, where migrations do not.
func (m *Model[Tx, ID, Pos, M]) WithBegin(begin func(context.Context, Tx) error) *Model[Tx, ID, Pos, M] {
	c := *m
	c.begin = begin
	return &c
}

// Layout returns the name and the version of the model.
func (m *Model[Tx, ID, Pos, M]) Layout() Layout { return m.layout }

// EventReader returns what reads the events of the model.
func (m *Model[Tx, ID, Pos, M]) EventReader() *core.EventReader { return m.table.EventReader() }

// begins calls the function of WithBegin. A panic is a [core.PanicError].
func (m *Model[Tx, ID, Pos, M]) begins(ctx context.Context, tx Tx) (err error) {
	defer handlers.Recover(&err)
	return m.begin(ctx, tx)
}

// apply writes a stored event, which may be several events today. A panic of a
// function, an upcast or the codec is a [core.PanicError]. What another attempt cannot
// cure is permanent.
func (m *Model[Tx, ID, Pos, M]) apply(ctx context.Context, store core.EventStore[ID, Pos, M], tx Transaction[Tx], stored *core.StoredEvent[ID, Pos, M]) (err error) {
	defer handlers.Recover(&err)
	if !m.table.Handles(stored.Kind, stored.Key) {
		return nil
	}
	if err := handlers.MetadataError(&stored.Envelope); err != nil {
		return Permanent(err)
	}
	position, part, failed := positionText(core.At(stored.Position)), 0, false
	from := fold.Source{Decode: func(event any) error { return store.DecodeEvent(*stored, event) }}
	err = m.table.Each(stored.Kind, stored.Key, from, func(write writeFunc[Tx, ID, Pos, M], e fold.Part) error {
		envelope := stored.Envelope
		envelope.Commit.Part = e.Number
		tx.Begins(position, part)
		part++
		err := write(ctx, tx.Tx(), &envelope, e.Event)
		failed = err != nil
		return err
	})
	if err != nil && !failed && !errors.Is(err, core.ErrUnavailable) {
		return Permanent(handlers.DecodeError(&stored.Envelope, err))
	}
	return err
}
