package sealed

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/jetsource/jetsource/core"
)

var (
	// ErrForgotten is matched when something is to be sealed for a subject that was
	// forgotten: its key was destroyed, and it never gets another one.
	ErrForgotten = errors.New("the subject was forgotten")

	// ErrNoKey is matched by a key that is not in the key store and was not destroyed
	// there: the key store is another one, or has lost it.
	ErrNoKey = errors.New("the key of the subject is not in the key store")

	// ErrNoKMS is matched by a [KeyStoreError] of a key that a KMS has wrapped, where the
	// codec has none.
	ErrNoKMS = errors.New("there is no KMS to unwrap the key")

	// ErrDamaged is matched by bytes that are not those that were written, or that were
	// written for another kind, field or subject.
	ErrDamaged = errors.New("damaged")

	// ErrClearText is matched by a value of a tagged field that is not sealed, as one that was
	// recorded before the field was tagged. The tag option "cleartext" has it read.
	ErrClearText = errors.New("in clear text: recorded before the tag")

	// ErrChanged is returned by a [KeyStore] that was not at the expected revision.
	ErrChanged = errors.New("the key was changed by another writer")
)

// TagError reports a mistake in the tags of a type: nothing of the type is written or
// read.
type TagError struct {
	Type   reflect.Type // that was to be written
	Field  string       // the path to the field: "Order.Lines[].Name"; "[key]" stands for a map's keys
	Reason string
}

func (e *TagError) Error() string {
	return fmt.Sprintf("cannot seal %s of %s: %s", e.Field, e.Type, e.Reason)
}

// SubjectError reports a personal value of which it is not known whom it is about: the
// field of the subject is empty, or is no name of a subject. Nothing was written.
type SubjectError struct {
	Field string // as in [TagError]
	Err   error  // nil for an empty subject
}

func (e *SubjectError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("seal %s: its subject: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("seal %s: its subject is empty", e.Field)
}

// Unwrap returns what is wrong with the subject.
func (e *SubjectError) Unwrap() error { return e.Err }

// FieldError reports a field that could not be sealed or opened. It wraps [ErrForgotten],
// [ErrNoKey], [ErrDamaged], [ErrClearText], a [KeyStoreError], or an error of the codec.
type FieldError struct {
	Verb    string // "seal" or "open"
	Field   string // as in [TagError]
	Subject string
	Err     error
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %s of subject %.64q: %v", e.Verb, e.Field, e.Subject, e.Err)
}

// Unwrap returns why.
func (e *FieldError) Unwrap() error { return e.Err }

// ClearTextError reports that a subject was forgotten, and that its values can still be read in
// some events: a codec that does not seal has recorded them, or their fields were tagged later.
// Nothing else is left to be done. It matches [ErrClearText].
type ClearTextError struct {
	Subject string
	Events  int // how many have such values
}

func (e *ClearTextError) Error() string {
	return fmt.Sprintf("it was forgotten, but values of it are in clear text in events that were recorded before they were sealed: in %d", e.Events)
}

// Is makes every ClearTextError match [ErrClearText].
func (e *ClearTextError) Is(target error) bool { return target == ErrClearText }

// KeyStoreError reports that the key store, or the KMS, did not answer. It matches
// [core.ErrUnavailable]: live models and workers wait until that has passed.
type KeyStoreError struct {
	Subject string
	Err     error
}

func (e *KeyStoreError) Error() string {
	return fmt.Sprintf("key of subject %.64q cannot be had: %v", e.Subject, e.Err)
}

// Unwrap returns the error of the key store.
func (e *KeyStoreError) Unwrap() error { return e.Err }

// Is makes every KeyStoreError match [core.ErrUnavailable].
func (e *KeyStoreError) Is(target error) bool { return target == core.ErrUnavailable }
