package core

import (
	"context"
	"errors"
	"fmt"
)

// errUnwound is what an observer is told of a command that did not return.
var errUnwound = errors.New("ended by a panic or runtime.Goexit")

// beginCommand calls [Observer.Command]; end is nil without.
func (r *Repository[A, ID, Pos, M]) beginCommand(ctx context.Context, verb string, id ID, cmd Command[A]) (_ context.Context, end func(error)) {
	hook := r.journal.observer().Command
	if hook == nil {
		return ctx, nil
	}
	return hook(ctx, CommandInfo{Verb: verb, Aggregate: r.aggregate.kind, ID: fmt.Sprint(id), Command: fmt.Sprintf("%T", cmd)})
}

// observeRetry says that a command is decided again.
func (r *Repository[A, ID, Pos, M]) observeRetry(ctx context.Context, err error) {
	if hook := r.journal.observer().Fault; hook != nil {
		hook(ctx, Fault{Runner: "aggregate", Name: r.aggregate.kind, Next: NextRetry, Err: err})
	}
}

// loading collects what a [LoadEnd] says. Nil collects nothing.
type loading struct {
	LoadEnd
	end func(LoadEnd)
}

// beginLoad calls [Observer.Load]; the loading is nil without.
func (r *Repository[A, ID, Pos, M]) beginLoad(ctx context.Context, id ID) (context.Context, *loading) {
	hook := r.journal.observer().Load
	if hook == nil {
		return ctx, nil
	}
	ctx, end := hook(ctx, LoadInfo{Aggregate: r.aggregate.kind, ID: fmt.Sprint(id)})
	return ctx, &loading{end: end}
}

// from takes note of what a read starts from.
func (l *loading) from(what string) {
	if l != nil {
		l.From = what
	}
}

// folded takes note of events that were read.
func (l *loading) folded(n int) {
	if l != nil {
		l.Events += n
	}
}

func (l *loading) done(err error) {
	if l != nil {
		l.Err = err
		l.end(l.LoadEnd)
	}
}

// observeRetry says that a transaction is decided again.
func (t *transaction[ID, Pos, M]) observeRetry(ctx context.Context, err error) {
	if hook := ObserverOf(t.store).Fault; hook != nil {
		hook(ctx, Fault{Runner: "transaction", Next: NextRetry, Err: err})
	}
}
