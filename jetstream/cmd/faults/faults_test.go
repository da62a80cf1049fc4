//go:build unix

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func TestMain(m *testing.M) {
	cluster.Serve()
	slog.SetDefault(quiet())
	goleak.VerifyTestMain(m)
}

// TestEachControlIsFoundByItsCheckerAlone has a run for each control, all at the
// same time, each on a stream of its own.
func TestEachControlIsFoundByItsCheckerAlone(t *testing.T) {
	c, err := cluster.Start(cluster.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	runs := make(map[*run]*history.History)
	add := func(stream string, control control) *run {
		r := newRun(c, stream, options{length: time.Millisecond, minCommits: 60, rate: 100, control: control}, io.Discard)
		runs[r] = nil
		return r
	}
	sound := add("SOUND", control{})
	acted := make([]*run, len(controls))
	for i, control := range controls {
		if control.act != nil {
			acted[i] = add(fmt.Sprintf("CONTROL%d", i), control)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for r := range runs {
		defer func() { require.NoError(t, r.close()) }()
		all.Go(func() {
			h, err := r.work(t.Context())
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			runs[r] = h
		})
	}
	all.Wait()
	require.False(t, t.Failed())
	require.NoError(t, collect(t.Context(), c, runs))

	base := filepath.Join(t.TempDir(), "history")
	var out bytes.Buffer
	require.Empty(t, report(&out, runs[sound]), "%s", &out)
	require.NoError(t, runs[sound].Save(base))
	for i, control := range controls {
		t.Run(control.name, func(t *testing.T) {
			h := runs[acted[i]]
			if control.act == nil {
				h, err = history.Read(base)
				require.NoError(t, err)
				control.tamper(h)
			}
			var out bytes.Buffer
			require.Equal(t, []string{control.flags}, report(&out, h), "%s: %s", control.what, &out)
		})
	}
}

func TestNothingIsViolatedUnderFaults(t *testing.T) {
	fs := flag.NewFlagSet("faults", flag.ContinueOnError)
	o, err := parse([]string{"-for", "8s", "-faults", "2", "-commits", "500", "-dir", t.TempDir(),
		"-kinds", "kill follower,leader steps down,kill leader", "-history", filepath.Join(t.TempDir(), "history")}, fs)
	require.NoError(t, err)
	var out bytes.Buffer
	err = start(t.Context(), o, &out)
	t.Log(out.String())
	require.NoError(t, err)
	h, err := history.Read(o.save)
	require.NoError(t, err)
	require.Positive(t, h.Run.SnapshotsLoaded)
	require.NoError(t, start(t.Context(), options{check: o.save}, io.Discard), "and what was saved passes as well")
}

func TestARunThatIsStoppedLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := perform(ctx, options{length: time.Hour, rate: 100, dir: dir}, io.Discard)
	require.Error(t, err)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestFlagsThatCannotBeAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-sync", "sometimes"}, {"-kinds", "flood"}, {"-control", "none such"}, {"rest"}} {
		fs := flag.NewFlagSet("faults", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		_, err := parse(args, fs)
		require.Error(t, err, "%v", args)
	}
}
