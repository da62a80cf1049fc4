package wire

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

var (
	// ErrNoResults is the answer to a batched read that matches no message.
	ErrNoResults = errors.New("no results")

	// ErrNoResponder is the answer to a request that no server took, or that
	// reached a server that does not lead the stream.
	ErrNoResponder = errors.New("no server answers")

	// ErrStoreFull is matched by the [RejectedError] of a stream, account or server
	// that has reached its limit.
	ErrStoreFull = errors.New("store is full")
)

// ReadError is documented at its alias in package jetstream.
type ReadError struct {
	Status      int // as the server gave it; 0 if the answer itself was broken
	Description string
}

func (e *ReadError) Error() string {
	if e.Status == 0 {
		return "read: " + e.Description
	}
	return fmt.Sprintf("read: server answered %d %s", e.Status, e.Description)
}

func badAnswer(format string, args ...any) error {
	return &ReadError{Description: fmt.Sprintf(format, args...)}
}

// ChainError is documented at its alias in package jetstream.
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

// Is makes every such error match [core.ErrFinal].
func (e *ChainError) Is(target error) bool { return target == core.ErrFinal }

// LostEndError is documented at its alias in package jetstream.
type LostEndError struct {
	Stream   string
	Position uint64 // that was acked or read, and now holds something else, or nothing
}

func (e *LostEndError) Error() string {
	return fmt.Sprintf("stream %s lost its end: it no longer holds what was seen at %d", e.Stream, e.Position)
}

// Is makes every such error match [core.ErrFinal].
func (e *LostEndError) Is(target error) bool { return target == core.ErrFinal }

// DivergedError is documented at its alias in package jetstream.
type DivergedError struct {
	Stream   string
	Position uint64 // at which two servers hold different messages
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("servers of stream %s hold different messages at %d", e.Stream, e.Position)
}

// Is makes every such error match [core.ErrFinal].
func (e *DivergedError) Is(target error) bool { return target == core.ErrFinal }

// RejectedError is documented at its alias in package jetstream.
type RejectedError struct {
	Code        int // JetStream's error code
	Description string
}

func (e *RejectedError) Error() string {
	return fmt.Sprintf("commit refused by server: %s (%d)", e.Description, e.Code)
}

// Is makes every such error match [core.ErrUnavailable], and the codes of a full store
// [ErrStoreFull].
func (e *RejectedError) Is(target error) bool {
	return target == core.ErrUnavailable || target == ErrStoreFull && (e.Code == codeStoreFull || e.Code == codeAccountResources || e.Code == codeServerResources)
}

// OtherAckError says that another stream of the account took a message of a commit.
type OtherAckError struct {
	Domain string // empty for the one without a name
	Stream string
}

func (e *OtherAckError) Error() string {
	return fmt.Sprintf("stream %s of domain %q acked a commit", e.Stream, e.Domain)
}

// TooLargeError is documented at its alias in package jetstream.
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

// Is makes every such error match [core.ErrTooLarge].
func (e *TooLargeError) Is(target error) bool { return target == core.ErrTooLarge }

// Version is the version that a sequence stands for; 0 stands for no events.
func Version(seq uint64) core.Version[uint64] {
	if seq == 0 {
		return core.Version[uint64]{}
	}
	return core.At(seq)
}
