package readmodel

import "context"

// Target is a database that read models are kept in. Tx is what it gives to the
// functions of a model: a transaction that they cannot end. Package targettest checks an
// implementation. All methods are safe for concurrent use.
type Target[Tx any] interface {
	// Begin begins a transaction for a layout. If ctx ends before it is committed,
	// the transaction is rolled back.
	Begin(ctx context.Context, layout Layout) (Transaction[Tx], error)

	// Progress returns the progress of a layout as it was committed last; false if
	// there is none. It does not wait for transactions.
	Progress(ctx context.Context, layout Layout) (Progress, bool, error)

	// Parked returns the parked events of a layout in the order of parking.
	Parked(ctx context.Context, layout Layout) ([]Parked, error)

	// Promoted returns the version of a model that readers see; 0 if none was
	// promoted.
	Promoted(ctx context.Context, model string) (version int, err error)

	// Promote has readers see a layout in place of the one before, in one transaction,
	// if check, which is called in it, returns nil for their progress; before is zero
	// where there is none. Both are locked. A layout without progress is
	// [ErrNoProgress].
	Promote(ctx context.Context, layout Layout, check func(now, before Progress) error) error

	// Drop removes all that a layout has, its progress included, in one transaction.
	// A layout that was promoted is [ErrServing]. One that does not exist is no error.
	Drop(ctx context.Context, layout Layout) error

	// Unavailable reports whether an error of this database is due to its state, and
	// not to what it was asked: it is away, full or busy, or chose the transaction as
	// the victim of a deadlock. The same may succeed later.
	Unavailable(err error) bool
}

// Transaction is a transaction of a [Target]. What it does is seen by others when it has
// been committed, all or nothing. It is used by one goroutine.
type Transaction[Tx any] interface {
	// Tx returns what functions get.
	Tx() Tx

	// Begins says which event functions are called for next; Part counts the events
	// that a recorded one is today, from 0.
	Begins(position string, part int)

	// Lock returns the progress of the layout; false if there is none. Until the
	// transaction ends, Lock in another one waits or fails.
	Lock(ctx context.Context) (Progress, bool, error)

	// Create writes the first progress. It is an error if there is some by now.
	Create(ctx context.Context, p Progress) error

	// Save replaces the progress that Lock returned.
	Save(ctx context.Context, p Progress) error

	// Park keeps an event beside the tables, and Unpark removes it; false if it is
	// not parked.
	Park(ctx context.Context, p Parked) error
	Unpark(ctx context.Context, position string) (bool, error)

	// Commit ends the transaction. It is [ErrTransactionEnded] if a function has
	// ended it before, so that a part may be committed. After any other error nothing
	// is committed, or, if the answer was lost, all.
	Commit(ctx context.Context) error

	// Rollback ends the transaction, unless it has ended. It is [ErrTransactionEnded]
	// if a function has ended it before.
	Rollback() error
}

// Progress says which events the tables of a layout hold. It is opaque to a [Target].
type Progress struct {
	Store    string // the id of the store that the events are from
	Events   string // the hash of the kinds that the model has functions for
	Position string // of the last event, as text; empty before the first
	EventID  string // of that event
	Owner    string // the runner that works; empty if none does
	Beat     int64  // counts the transactions of runners
	Damaged  string // why the tables cannot be trusted; empty if they can
}

// Parked is an event that could not be applied, and is kept beside the tables.
type Parked struct {
	Position string // as text
	EventID  string
	Kind     string
	Key      string // of its aggregate, as text
	Attempts int
	Reason   string // the error of the last attempt
}
