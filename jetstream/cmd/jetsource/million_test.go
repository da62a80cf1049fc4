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
	size := 5000
	if os.Getenv("JETSOURCE_SOAK") != "" {
		size = 1_000_000
	}
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	s := from.open(jetstream.Config{})
	for begin := 0; begin < size; begin += 500 {
		batch := make([]core.Commit[string, uint64, core.NoMetadata], 500)
		for i := range batch {
			key := core.Key[string]{Kind: "account", ID: fmt.Sprint((begin + i) % (size / 10))}
			batch[i] = core.Commit[string, uint64, core.NoMetadata]{Key: key, Unchecked: true, Events: []core.Event{deposited{begin + i}}}
		}
		_, err := s.Commit(t.Context(), batch...)
		require.NoError(t, err)
	}
	backup := from.interrupted("backup", dir)
	a, err := archive.Open(dir)
	require.NoError(t, err)
	to := newWorld(t)
	restore := to.interrupted("restore", dir)
	_, v := to.verdict()
	require.Empty(t, v.Findings)
	require.EqualValues(t, size, v.Events)
	require.Equal(t, size/10, v.Aggregates)
	t.Logf("%d events: backup in %v, %d bytes each; restore in %v, verified", size, backup, a.Size()/int64(size), restore)
}

// interrupted runs the program, interrupted twice, until it has done what it is told, and
// returns the time of all runs.
func (w *world) interrupted(args ...string) time.Duration {
	w.t.Helper()
	begun := time.Now()
	for cut := 0; ; {
		ctx, cancel := context.WithCancel(w.t.Context())
		if cut < 2 {
			time.AfterFunc(time.Duration(cut+1)*100*time.Millisecond, cancel)
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
