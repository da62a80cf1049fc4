//go:build unix

package main

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

func TestMain(m *testing.M) {
	cluster.Serve()
	slog.SetDefault(noLogger())
	goleak.VerifyTestMain(m)
}

// smallSize is the least that has each kind of client.
var smallSize = size{writers: 2, threads: 2, subscribers: 2, workers: 1, effects: 1, second: true, transactions: 2, loaders: 1, pinnedLoaders: 1, contended: 6, bucketReplicas: 1}

// withoutSnapshots are goals that a busy machine reaches: a repository waits a fraction of
// a second for its snapshots and goes on without, so that on one there may be none.
func withoutSnapshots(goals progress) progress {
	goals.snapshotsStored, goals.snapshotsLoaded = 0, 0
	return goals
}

// callOn is a log that calls a function when a text is written to it.
type callOn struct {
	text string
	call func()

	mu  sync.Mutex // guards log
	log bytes.Buffer
}

// Write adds to the log.
func (c *callOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		c.call()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(p)
}
