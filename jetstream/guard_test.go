package jetstream_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// guarded commits to "b" what was decided on "a", which is at a version.
func guarded(name string, at core.Version[uint64]) []plainCommit {
	return []plainCommit{
		{Key: account("a"), Expected: at},
		{Key: account("b"), Events: notes(name, 2)},
	}
}

// openGuarded returns a store over a proxy, another one on its stream, and the version of
// "a", to which the other one has committed.
func openGuarded(t *testing.T, replicas int) (w *proxy, s, other *plainStore, at uint64) {
	t.Helper()
	w, cfg := newProxy(replicas), impatient(replicas)
	s, other = openOn(t, w, cfg), openWith[string, core.NoMetadata](t, cfg)
	at, err := core.CommitEvents(t.Context(), other, account("a"), notes("a", 1), core.NoMetadata{})
	require.NoError(t, err)
	return w, s, other, at
}

// The guard of a commit whose ack was lost is broken before the store asks what became of
// it: the commit was recorded all the same.
func TestCommitIsRecordedThoughItsGuardIsBrokenLater(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint("R", replicas), func(t *testing.T) {
			t.Parallel()
			w, s, other, at := openGuarded(t, replicas)
			var lost atomic.Bool
			w.loses(func(subject string, payload []byte) bool {
				if !isAck(subject, payload) || lost.Swap(true) {
					return false
				}
				_, err := core.CommitEvents(t.Context(), other, account("a"), notes("meanwhile", 1), core.NoMetadata{})
				return err == nil
			})
			recorded, err := s.Commit(t.Context(), guarded("b", core.At(at))...)
			require.NoError(t, err)
			require.True(t, lost.Load())
			require.Equal(t, at, recorded[0].Position)
			v, err := other.Version(t.Context(), account("b"))
			require.NoError(t, err)
			require.Equal(t, core.At(recorded[1].Position), v)
		})
	}
}

// A commit with a guard arrives when that is broken, and after the store began to ask: it
// is a conflict, and known to be one.
func TestCommitThatMeetsABrokenGuardIsNotUnknown(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint("R", replicas), func(t *testing.T) {
			t.Parallel()
			w, s, other, at := openGuarded(t, replicas)
			_, err := core.CommitEvents(t.Context(), s, account("c"), notes("c", 1), core.NoMetadata{}) // s has looked at the end
			require.NoError(t, err)
			w.hold()
			done := make(chan error, 1)
			begun := time.Now()
			go func() {
				_, err := s.Commit(t.Context(), guarded("b", core.At(at))...)
				done <- err
			}()
			eventually(t, func() bool { return time.Since(begun) > 300*time.Millisecond }, "no answer comes in three times the AckWait")
			_, err = core.CommitEvents(t.Context(), other, account("a"), notes("meanwhile", 1), core.NoMetadata{})
			require.NoError(t, err)
			w.release()
			err = <-done
			require.ErrorIs(t, err, core.ErrConflict)
			fault, ok := errors.AsType[*core.CommitError](err)
			require.True(t, ok)
			require.Zero(t, fault.Index, "the guard is to blame")
			v, err := other.Version(t.Context(), account("b"))
			require.NoError(t, err)
			require.True(t, v.IsZero())
		})
	}
}
