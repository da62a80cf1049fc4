//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func TestNoRuleIsBrokenUnderFaults(t *testing.T) {
	t.Parallel()
	o, err := parse(quietFlags(), []string{"-for", "1s", "-faults", "3", "-commits", "300", "-rate", "300", "-dir", t.TempDir(),
		"-kinds", "kill follower,leader steps down,kill leader", "-history", filepath.Join(t.TempDir(), "history")})
	require.NoError(t, err)
	o.load.size = size{writers: 4, threads: 2, subscribers: 2, workers: 2, effects: 2, second: true, transactions: 2, loaders: 1, pinnedLoaders: 3, contended: 12, bucketReplicas: 3}
	o.load.goals = withoutSnapshots(o.load.goals)
	var out bytes.Buffer
	err = command(t.Context(), o, &out)
	t.Log(out.String())
	require.NoError(t, err)
	h, err := history.Read(o.files.history)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(h.Faults), 3, "each kind once")
	require.NoError(t, command(t.Context(), options{files: fileOptions{check: o.files.history}}, io.Discard), "the saved history passes too")
	h.Log = h.Log[1:]
	require.NoError(t, h.Save(o.files.history))
	require.ErrorIs(t, command(t.Context(), options{files: fileOptions{check: o.files.history}}, io.Discard), errViolated, "unless it is changed")
}

func TestARunThatIsCancelledRemovesItsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options{load: loadOptions{time: time.Hour, rate: 100, size: smallSize}, files: fileOptions{dir: dir}}
	log := &callOn{text: "load begins", call: cancel}
	_, err := runOnNewCluster(ctx, o, log)
	require.ErrorIs(t, err, context.Canceled, "%s", &log.log)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestALoadThatIsTooSmallIsAnError(t *testing.T) {
	h := &history.History{Run: history.Run{Shortfall: "0 commits, want 60"}, Replicas: make([]history.Replica, 2)}
	err := checkHistory(io.Discard, h)
	require.True(t, errors.Is(err, errTooSmall) && !errors.Is(err, errViolated), err)
}
