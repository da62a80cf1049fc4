package core

import "context"

// Command asks an aggregate to change. Handle looks at the state and answers
// with the events that should be recorded, or with the reason for refusing; no
// events and no error mean that there is nothing to do.
//
// Handle must be pure: it may run again, on newer state, when another writer
// was faster. It must not change what state refers to. State is the zero A when
// the aggregate has no events yet. It must not run other commands either: one on the
// same aggregate makes this one a conflict each time it is decided.
type Command[A any] interface {
	Handle(state A) ([]Event, error)
}

// CommandFunc makes a [Command] of a function.
type CommandFunc[A any] func(state A) ([]Event, error)

// Handle calls f, or returns [ErrNilCommand] if f is nil.
func (f CommandFunc[A]) Handle(state A) ([]Event, error) {
	if f == nil {
		return nil, ErrNilCommand
	}
	return f(state)
}

type commandIDKey struct{}

// WithCommandID returns a context whose command has an id. A [Repository]
// records a command of one id on one aggregate once, however often it is sent,
// and from whatever process: it is sent again when an answer was lost, or by a
// queue that delivers at least once. The command that comes second returns the
// version of the first.
//
// An id belongs to one command. A second one with the same id, of another type or with
// another value, is a [CommandIDError]: so a handler that runs two commands under the id
// of one request cannot lose one. The type and the value, as JSON shows it, make a
// fingerprint that is recorded with the id. A command can say itself what makes it the
// same, if it holds the time of the request for example: see [FingerprintedCommand].
// A [CommandFunc] shows neither type nor value, and is taken for the same.
//
// The id is recorded with the events, which answer for themselves: a command is
// found for as long as its events are among those that a load reads. Without
// snapshots that is for ever. A snapshot carries the last 1,000 ids of commands
// before it, so with snapshots a command is found while it is among the last
// 1,000 with an id, or after the snapshot. A command that led to no events is
// not remembered: it has changed nothing, and is decided anew.
//
// The cost is some 50 bytes for each event, and for each of the 1,000 in a
// snapshot. A command with an id is always checked, under
// [Repository.Unchecked] too. An empty id is none.
func WithCommandID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, commandIDKey{}, id)
}

// CommandID returns the id that [WithCommandID] gave to ctx; empty if it gave
// none.
func CommandID(ctx context.Context) string {
	id, _ := ctx.Value(commandIDKey{}).(string)
	return id
}
