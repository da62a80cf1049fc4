package conn

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// seen is the highest position that was acked or read, with the id of its commit. A log
// that holds something else there has lost its end, and may have grown again since:
// what the program keeps in memory is of another log.
type seen struct {
	seq  atomic.Uint64
	mu   sync.Mutex
	id   string // of the commit at seq; empty for a message of another program; guarded by mu
	lost atomic.Pointer[wire.LostEndError]
}

// Saw takes note of a position that was acked or read.
func (c *Conn) Saw(seq uint64, commit string) {
	if seq <= c.seen.seq.Load() {
		return
	}
	c.seen.mu.Lock()
	defer c.seen.mu.Unlock()
	if seq > c.seen.seq.Load() {
		c.seen.id = commit
		c.seen.seq.Store(seq)
	}
}

// isolatedLeader is longer than a leader that is cut off from the other servers takes
// itself for one: 10 s without a quorum, which it checks each 10 s.
const isolatedLeader = 30 * time.Second

// CheckSeen makes sure that the log still holds what was seen. If it does not, the
// error is a [wire.LostEndError], now and for every later call. A leader of a
// replicated stream that was deposed may not have come that far, so there it is asked
// for longer than one takes itself for the leader.
func (c *Conn) CheckSeen(ctx context.Context) error {
	begun := time.Now()
	pause := Backoff{Max: time.Second}
	for {
		c.seen.mu.Lock()
		seq, id := c.seen.seq.Load(), c.seen.id
		c.seen.mu.Unlock()
		if seq == 0 {
			return nil
		}
		m, err := c.Message(ctx, wire.GetRequest{Seq: seq})
		if err != nil || m != nil && m.CommitID() == id {
			return err
		}
		if !c.Replicated.Load() || time.Since(begun) > isolatedLeader {
			lost := &wire.LostEndError{Stream: c.Stream, Position: seq}
			c.seen.lost.Store(lost)
			c.Logger.ErrorContext(ctx, "the store is of no more use", "stream", c.Stream, "error", lost)
			return lost
		}
		if err := c.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}
