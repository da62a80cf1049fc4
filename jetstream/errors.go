package jetstream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

var (
	// ErrNoJetStream is returned by [Open] when the server, or the account on
	// it, has no JetStream.
	ErrNoJetStream = errors.New("server has no JetStream")

	// ErrNoStore is returned by [Open] when the server has no stream of that name
	// and the Config says that it must exist. Nothing was created.
	ErrNoStore = errors.New("store does not exist")

	// ErrForeign is matched by the [MessageError] of a message that this library
	// did not write, in a store that is not configured to read such messages.
	ErrForeign = errors.New("message was written by another program")

	// ErrStoreFull is returned by a commit to a stream, account or server that
	// has reached its limit. Nothing was written; reads go on.
	ErrStoreFull = errors.New("store is full")
)

// ConfigError reports the fields of a [Config] that cannot be.
type ConfigError struct {
	Problems []string // each begins with the name of the field
}

func (e *ConfigError) Error() string { return "config: " + strings.Join(e.Problems, "; ") }

// ServerVersionError reports a server that is too old: it does not have atomic
// batches, or rejects valid ones over several aggregates.
type ServerVersionError struct {
	Version string // as the server gave it
}

func (e *ServerVersionError) Error() string {
	return fmt.Sprintf("server version %q is not supported: need 2.12.14 or later in 2.12, or 2.14.4 or later", e.Version)
}

// StreamConfigError reports a stream that exists and cannot hold events safely,
// with every setting that is not as it must be. [Open] returns it, and so does
// every commit while the stream is not any more what it was when it was opened:
// nothing is written then, reads go on, and so do commits once the settings are
// right again.
type StreamConfigError struct {
	Stream  string
	Fields  []FieldError
	Changed bool // since the store was opened
}

// FieldError is one setting of a stream that is not as it must be.
type FieldError struct {
	Field     string // as the server names it; "stream" for one that was deleted
	Got, Want string
}

func (e *StreamConfigError) Error() string {
	var b strings.Builder
	state := "exists"
	if e.Changed {
		state = "was changed"
	}
	fmt.Fprintf(&b, "stream %s %s and cannot hold events:", e.Stream, state)
	for i, f := range e.Fields {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s is %s, must be %s", f.Field, f.Got, f.Want)
	}
	return b.String()
}

// OverlapError reports that the subjects of the store are taken by another
// stream of the account.
type OverlapError struct {
	Stream string // the one that could not be created
	Prefix string
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("stream %s cannot be created: another stream has subjects under %s", e.Stream, e.Prefix)
}

// TooLargeError reports an event, or a commit, over a limit of the server. It
// was found before anything was sent.
type TooLargeError struct {
	What  string // "header block", "message" or "subject", in bytes; or "commit", in events
	Size  int
	Limit int
}

func (e *TooLargeError) Error() string {
	unit := "bytes"
	if e.What == "commit" {
		unit = "events"
	}
	return fmt.Sprintf("%s of %d %s is over the limit of %d", e.What, e.Size, unit, e.Limit)
}

// MessageError reports a message in the stream that is no event of this store:
// which one, and what is wrong with it.
type MessageError struct {
	Sequence uint64
	Subject  string
	Err      error
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("message %d on %s: %v", e.Sequence, e.Subject, e.Err)
}

// Unwrap returns what is wrong with the message.
func (e *MessageError) Unwrap() error { return e.Err }

// ChainError reports that the events of an aggregate are not the unbroken chain
// that was committed: one is missing, a commit is torn, or another program wrote
// in between. The store has asked again, and the leader alone, before it says
// so.
type ChainError struct {
	Aggregate string // the subjects of the aggregate
	After     uint64 // the last position that was in order; 0 if none was
	At        uint64 // the position where the chain breaks; 0 if it ends too early
	Previous  uint64 // the position that At names as its predecessor
}

func (e *ChainError) Error() string {
	if e.At == 0 {
		return fmt.Sprintf("events %s: the commit that holds position %d is incomplete", e.Aggregate, e.After)
	}
	return fmt.Sprintf("events %s: the event at %d follows %d, but the one read before it is at %d", e.Aggregate, e.At, e.Previous, e.After)
}

// ReadError reports an answer of the server to a read that cannot be used, after
// it was asked again.
type ReadError struct {
	Status      int // as the server gave it; 0 if the answer was broken in itself
	Description string
}

func (e *ReadError) Error() string {
	if e.Status == 0 {
		return "read: " + e.Description
	}
	return fmt.Sprintf("read: server answered %d %s", e.Status, e.Description)
}

// CommitRefusedError reports that the server refused a commit for a reason other
// than a conflict. Nothing was written.
type CommitRefusedError struct {
	Code        int // JetStream's error code
	Description string
}

func (e *CommitRefusedError) Error() string {
	return fmt.Sprintf("commit refused by server: %s (%d)", e.Description, e.Code)
}

// Is makes the codes of a full store match [ErrStoreFull].
func (e *CommitRefusedError) Is(target error) bool {
	return target == ErrStoreFull && (e.Code == codeStoreFull || e.Code == codeAccountResources || e.Code == codeServerResources)
}

// DeniedError reports that the server denied the connection's user to publish to
// a subject of a commit. It matches [nats.ErrPermissionViolation].
//
// Of a commit of several events the server mostly says that a part is missing:
// then nothing was written. Otherwise it says nothing, and the error comes in an
// [UnknownOutcomeError]: nothing was written, unless the user's rights changed in
// that very moment.
type DeniedError struct {
	Subject string
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("server denies publishing to %s", e.Subject)
}

// Is makes every such error match [nats.ErrPermissionViolation].
func (e *DeniedError) Is(target error) bool { return target == nats.ErrPermissionViolation }

// UnknownOutcomeError reports a commit that was sent, and of which the store did
// not find out in time whether it was recorded: it may be, now or later. It
// holds what [Store.Resolve] needs to ask again. It matches
// [core.ErrUnknownOutcome], and the reason why the store stopped asking.
type UnknownOutcomeError struct {
	// CommitID is recorded with each event of the commit.
	CommitID string
	// Parts are the aggregates of the commit.
	Parts []UnknownPart
	// Err is why the store stopped asking: mostly that the context ended.
	Err error
}

// UnknownPart is what an [UnknownOutcomeError] tells of one aggregate.
type UnknownPart struct {
	Aggregate string // the subjects of the aggregate
	Expected  uint64 // the position the commit was made on; 0 for none
	Count     int    // events
}

func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("%v: commit %s: %v", core.ErrUnknownOutcome, e.CommitID, e.Err)
}

// Is makes every such error match [core.ErrUnknownOutcome].
func (e *UnknownOutcomeError) Is(target error) bool { return target == core.ErrUnknownOutcome }

// Unwrap returns why the store stopped asking.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }
