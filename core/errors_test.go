package core_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// wrapped is err as a caller gets it.
func wrapped(err error) error { return fmt.Errorf("transfer: %w", err) }

func TestConflictErrorMatches(t *testing.T) {
	err := wrapped(&core.CommitError{Index: 1, Count: 2, Target: "account ACC-002", Err: &core.ConflictError[uint64]{Expected: core.At(uint64(3)), Actual: core.At(uint64(5))}})
	require.ErrorIs(t, err, core.ErrConflict)
	require.NotErrorIs(t, err, core.ErrName)
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	require.True(t, ok)
	require.Equal(t, core.At(uint64(3)), conflict.Expected)
	require.Equal(t, core.At(uint64(5)), conflict.Actual)
	require.EqualError(t, err, "transfer: commit 2 of 2, to account ACC-002: version conflict: expected 3, aggregate is at 5")
	require.ErrorIs(t, &core.ConflictError[string]{}, core.ErrConflict)
}

func TestConflictErrorSaysWhatWasFound(t *testing.T) {
	at := core.At(uint64(5))
	require.EqualError(t, &core.ConflictError[uint64]{Actual: at}, "version conflict: expected no events, aggregate is at 5")
	require.EqualError(t, &core.ConflictError[uint64]{Expected: at}, "version conflict: expected 5, aggregate has no events")
}

func TestCommitErrorUnwraps(t *testing.T) {
	require.EqualError(t, &core.CommitError{Count: 1, Target: "account ACC-001", Err: core.ErrNoEvents}, "commit to account ACC-001: no events to commit")
	err := wrapped(&core.CommitError{Index: 2, Err: core.ErrSameAggregate})
	require.ErrorIs(t, err, core.ErrSameAggregate)
	fault, ok := errors.AsType[*core.CommitError](err)
	require.True(t, ok)
	require.Equal(t, 2, fault.Index)
}

func TestNameErrorMatches(t *testing.T) {
	err := wrapped(&core.EncodeError{Index: 1, Kind: "k", Err: &core.NameError{What: "event kind", Name: "k", Err: io.ErrShortBuffer}})
	require.ErrorIs(t, err, core.ErrName)
	require.ErrorIs(t, err, io.ErrShortBuffer)
	require.NotErrorIs(t, err, core.ErrConflict)
	fault, ok := errors.AsType[*core.NameError](err)
	require.True(t, ok)
	require.Equal(t, "event kind", fault.What)
}

func TestEncodeErrorUnwraps(t *testing.T) {
	err := wrapped(&core.EncodeError{Index: 1, Kind: "account.opened", Err: io.ErrUnexpectedEOF})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	fault, ok := errors.AsType[*core.EncodeError](err)
	require.True(t, ok)
	require.Equal(t, 1, fault.Index)
	require.EqualError(t, fault, "encode event 1 (account.opened): unexpected EOF")
}

func TestDecodeErrorUnwraps(t *testing.T) {
	err := wrapped(&core.DecodeError{Kind: "account.opened", Position: "7", Err: io.ErrUnexpectedEOF})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	fault, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok)
	require.EqualError(t, fault, "decode event at 7 (account.opened): unexpected EOF")
}
