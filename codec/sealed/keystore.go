package sealed

import (
	"context"
	"iter"
)

// KeyStore keeps one value for each subject: its data key. Package sealedtest checks an
// implementation. All methods are safe for concurrent use, end soon after their context,
// and see what any of them has written before, of whatever program: a replica that lags
// must not answer.
type KeyStore interface {
	// Load returns the value of a subject and its revision, which is never 0. It returns
	// [ErrNoKey] for a subject that has none, and [ErrForgotten] for one whose value was
	// destroyed. Any other error is one of the store.
	Load(ctx context.Context, subject string) (value []byte, revision uint64, err error)

	// Store writes the value of a subject if the one that it has is at a revision; 0 is
	// for a subject that has none and never had one. Otherwise it is [ErrChanged]. A value
	// that is replaced is overwritten, wherever the store has it.
	Store(ctx context.Context, subject string, value []byte, revision uint64) error

	// Destroy overwrites the value of a subject wherever the store has it, and marks the
	// subject so that it never gets another one. It does so, too, for a subject without a
	// value and for one whose value was destroyed, perhaps not wholly.
	Destroy(ctx context.Context, subject string) error

	// Subjects yields each subject that has a value, once. The first error is the last
	// thing yielded.
	Subjects(ctx context.Context) iter.Seq2[string, error]
}
