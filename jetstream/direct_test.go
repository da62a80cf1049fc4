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

// commitFor has writers commit for a while, each to an aggregate of its own, as many
// events at once as its number says. Each commit has to end within a
// multiple of the time after which a batch is slow.
func commitFor(t *testing.T, s *plainStore, during time.Duration, sizes ...int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	var done atomic.Int64
	var all sync.WaitGroup
	for i, size := range sizes {
		all.Go(func() {
			at := core.Version[uint64]{}
			for ctx.Err() == nil {
				one, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				position, err := core.CommitEventsOptimistic(one, s, account(fmt.Sprint("busy-", i)), at, notes("one more", size), core.NoMetadata{})
				cancel()
				if err != nil {
					t.Errorf("writer %d of %d events at once, after %v: %v", i, size, at, err)
					return
				}
				at = core.At(position)
				done.Add(1)
			}
		})
	}
	all.Wait()
	t.Log(done.Load(), "commits")
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
	commitFor(t, s, 6*time.Second, append(repeat(32, 1), repeat(7, 2)...)...)
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
	commitFor(t, s, 4*time.Second, repeat(64, 1)...)
	require.NoError(t, <-ended, "it is found in the end")
}
