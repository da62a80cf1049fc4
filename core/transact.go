package core

import "context"

// Transact decides over several aggregates and records the result at once, or nothing.
// Fn runs commands through repositories of the store: see [Repository.In]. When it
// returns nil, all that the commands emitted is one commit. It returns the version to
// wait for to read what was written: the zero Version if that is nothing.
//
// Everything that fn has read through the transaction is guarded: what was written holds
// only if none of those aggregates has changed in between, not even one that was only
// loaded, and not one that was found to have no events. If one has, fn runs again, on the
// new states, as often as [Retries] says; so fn must have no effect but through the
// transaction. Before an error of fn is returned, or a success without events, it is made
// sure that what was read is still so: fn is never believed on states that do not belong
// together.
//
// With [WithCommandID] the transaction counts once: sent again, it returns the version of
// the first time. It is recorded by an entry of its own in the same commit, so the store
// must be a [SystemStore]. The fingerprint is that of fn's first command.
//
// Errors of fn are returned as they are. Others name the aggregate and wrap: a
// [ConflictError] after the last retry, a [CommandIDError], [ErrTooLarge] for more events
// and guards than the store takes at once, or an error of the store. A transaction inside
// another one is [ErrInTransaction].
func Transact[ID, Pos comparable, M any](ctx context.Context, store AtomicStore[ID, Pos, M], fn func(ctx context.Context, tx *Tx) error, options ...TransactOption) (v Version[Pos], err error) {
	t := transaction[ID, Pos, M]{store: store, fn: fn, retries: defaultRetries}
	for _, o := range options {
		o(&t.retries)
	}
	if isInTransaction(ctx) {
		return Version[Pos]{}, ErrInTransaction
	}
	if hook := ObserverOf(store).Command; hook != nil {
		var end func(error)
		ctx, end = hook(ctx, CommandInfo{Verb: "transact"})
		err = errUnwound // if a panic or runtime.Goexit ends fn
		defer func() { end(err) }()
	}
	defer t.locks.release()
	return t.run(ctx)
}

// TransactOption changes how [Transact] works.
type TransactOption func(retries *int)

const defaultRetries = 10

// Retries says how often a transaction is tried again after a conflict with other
// writers: 10 times by default. Transactions of one process that were in conflict take
// turns on the aggregates that they write, with the commands of the same repositories, so
// that n need not exceed the number of those that run at once.
func Retries(n int) TransactOption { return func(retries *int) { *retries = n } }
