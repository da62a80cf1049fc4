package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// commitUntil has writers commit until done, each to an aggregate of its own, as many
// events at once as its number says. Each commit has to end within a multiple of the time
// after which a batch is slow. Done is given how many commits each has made.
func commitUntil(t *testing.T, s *plainStore, done func(made []atomic.Int64) bool, sizes ...int) {
	t.Helper()
	made := make([]atomic.Int64, len(sizes))
	var all sync.WaitGroup
	for i, size := range sizes {
		all.Go(func() {
			at := core.Version[uint64]{}
			for !t.Failed() && !done(made) {
				one, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				position, err := core.CommitEventsOptimistic(one, s, account(fmt.Sprint("busy-", i)), at, notes("one more", size), core.NoMetadata{})
				cancel()
				if err != nil {
					t.Errorf("writer %d of %d events at once, after %v: %v", i, size, at, err)
					return
				}
				at = core.At(position)
				made[i].Add(1)
			}
		})
	}
	all.Wait()
}

// eachHas reports whether each has made so many commits.
func eachHas(made []atomic.Int64, commits int64) bool {
	for i := range made {
		if made[i].Load() < commits {
			return false
		}
	}
	return true
}

func repeat(n, size int) (sizes []int) {
	for range n {
		sizes = append(sizes, size)
	}
	return sizes
}

// Commits of one event that go together do not wait for commits of several that do
// not, of which there is always one in flight.
func TestDirectCommitsDoNotDelayBatches(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	cfg.Memory = true
	s := openOn(t, newProxy(1), cfg)
	commitUntil(t, s, func(made []atomic.Int64) bool { return eachHas(made[32:], 20) }, append(repeat(32, 1), repeat(7, 2)...)...)
}

func TestUnansweredCommitBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newProxy(1)
	cfg := fresh(1)
	cfg.Memory = true
	s := openOn(t, w, cfg)
	var lost atomic.Bool
	w.loses(func(subject string, payload []byte) bool { return isAck(subject, payload) && !lost.Swap(true) })
	ended := make(chan error, 1)
	go func() {
		_, err := core.CommitEvents(t.Context(), s, account("lost"), notes("lost", 1), core.NoMetadata{})
		ended <- err
	}()
	eventually(t, lost.Load, "its answer is lost")
	commitUntil(t, s, func(made []atomic.Int64) bool { return eachHas(made, 50) }, repeat(64, 1)...)
	require.NoError(t, <-ended, "it is found in the end")
}
