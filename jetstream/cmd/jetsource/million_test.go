package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
)

// A large store is backed up and restored, interrupted twice each time. With JETSOURCE_SOAK
// it has 1,000,000 events.
func TestLargeStoreIsBackedUpAndRestored(t *testing.T) {
	size, cut := 1000, 10*time.Millisecond
	if os.Getenv("JETSOURCE_SOAK") != "" {
		size, cut = 1_000_000, time.Second
	}
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	s := from.open(jetstream.Config{})
	from.grow(s, size)
	backup := from.interrupted(cut, "backup", dir)
	a, err := archive.Open(dir)
	require.NoError(t, err)
	to := newWorld(t)
	restore := to.interrupted(cut, "restore", dir)
	_, v := to.verify()
	require.Empty(t, v.Findings)
	require.EqualValues(t, size, v.Events)
	require.Equal(t, size/10, v.Aggregates)
	t.Logf("%d events: backup in %v, %d bytes each; restore in %v, verified", size, backup, a.Size()/int64(size), restore)
}

// grow records events in a store, 10 for each of its accounts.
func (w *world) grow(s *store, size int) {
	w.t.Helper()
	n := min(500, size/10) // a batch has an account once
	for begin := 0; begin < size; begin += n {
		batch := make([]core.Commit[string, uint64, core.NoMetadata], n)
		for i := range batch {
			key := core.Key[string]{Kind: "account", ID: fmt.Sprint((begin + i) % (size / 10))}
			batch[i] = core.Commit[string, uint64, core.NoMetadata]{Key: key, Unchecked: true, Events: []core.Event{deposited{begin + i}}}
		}
		_, err := s.Commit(w.t.Context(), batch...)
		require.NoError(w.t, err)
	}
}

// interrupted runs the program, interrupted after a time and after twice of it, until it has done
// what it is told, and returns the time of all runs.
func (w *world) interrupted(after time.Duration, args ...string) time.Duration {
	w.t.Helper()
	begun := time.Now()
	for cut := 0; ; {
		ctx, cancel := context.WithCancel(w.t.Context())
		if cut < 2 {
			time.AfterFunc(time.Duration(cut+1)*after, cancel)
		}
		code, _, errs := w.within(ctx, args...)
		cancel()
		if code == exitOK {
			return time.Since(begun)
		}
		require.Contains(w.t, errs, "interrupted")
		cut++
	}
}
