//go:build unix

package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// controlOptions are a load without faults that ends as soon as a control has all
// that it needs.
func controlOptions(c control) options {
	goals := withoutSnapshots(leastGoals)
	goals.commits = 60
	o := options{load: loadOptions{goals: goals, rate: 100, size: smallSize}, control: c}
	if c.act != nil { // on the first store
		o.load.size.effects, o.load.size.second = 0, false
		o.load.goals.effects, o.load.goals.second = 0, 0
	}
	return o
}

// historiesOf runs the load with each control that acts on the stream, and once
// with none. The runs share a cluster, with a stream each.
func historiesOf(t *testing.T, controls []control) map[string]*history.History {
	c, err := cluster.Start(cluster.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	runs := make(map[*run]*history.History)
	for i, one := range controls {
		if one.act != nil {
			runs[newRun(c, fmt.Sprintf("CONTROL%d", i), controlOptions(one), t.Output())] = nil
		}
	}
	runs[newRun(c, "VALID", controlOptions(control{}), t.Output())] = nil
	var all sync.WaitGroup
	var mu sync.Mutex // guards runs
	for r := range runs {
		t.Cleanup(func() { require.NoError(t, r.close()) })
		all.Go(func() {
			h, err := r.work(t.Context())
			assert.NoError(t, err, r.options.control.name)
			mu.Lock()
			defer mu.Unlock()
			runs[r] = h
		})
	}
	all.Wait()
	require.False(t, t.Failed())
	require.NoError(t, collect(t.Context(), c, runs))
	histories := make(map[string]*history.History)
	for r, h := range runs {
		require.Empty(t, h.Run.Shortfall)
		histories[r.options.control.name] = h
	}
	return histories
}

func TestEachControlIsFoundByItsCheckerAlone(t *testing.T) {
	t.Parallel()
	histories := historiesOf(t, controls)
	valid := filepath.Join(t.TempDir(), "history")
	var out bytes.Buffer
	require.Empty(t, report(&out, histories[""]), "without a control: %s", &out)
	require.NoError(t, histories[""].Save(valid))
	found := make(map[string]bool)
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			h := histories[c.name]
			if c.act == nil {
				var err error
				h, err = history.Read(valid)
				require.NoError(t, err)
				require.NoError(t, c.tamper(h))
			}
			var out bytes.Buffer
			require.Equal(t, []string{c.checker}, report(&out, h), "%s: %s", c.what, &out)
		})
		found[c.checker] = true
	}
	for _, c := range check.Checkers {
		require.True(t, found[c.Name], "checker %s has a control", c.Name)
	}
}
