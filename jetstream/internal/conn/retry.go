package conn

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/pause"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// ErrLagging says that a replica has not come as far as the leader.
var ErrLagging = errors.New("replica lags behind the leader")

// MaxRetries is how often a read with an unusable answer is sent again.
const MaxRetries = 8

// maxReadPause is the longest pause between two attempts of a read.
const maxReadPause = 250 * time.Millisecond

// Backoff counts the pauses before further attempts. They begin with 2 ms.
type Backoff struct {
	Max    time.Duration
	Pauses int // so far; 0 begins again with the shortest
}

// Pause waits for the next pause of b. It returns early, with the reason, when the
// context or the store ends.
func (c *Conn) Pause(ctx context.Context, b *Backoff) error {
	pause := core.Backoff{First: 2 * time.Millisecond, Max: b.Max}
	b.Pauses++
	return pause.WaitUnlessClosed(ctx, b.Pauses-1, c.inbox.life.Done())
}

// Sleep waits for d. It returns early, with the reason, when ctx ends or closed is
// closed; a nil closed never is.
func Sleep(ctx context.Context, d time.Duration, closed <-chan struct{}) error {
	return pause.UnlessClosed(ctx, d, closed, core.ErrClosed)
}

// RequestTimeout is how long to wait for the answer to a request that can be sent
// again. It is short at first: the server that was asked may be gone, and another
// one leads by now.
func (c *Conn) RequestTimeout(attempt int) time.Duration {
	return min(c.AckWait, time.Second<<min(attempt, 10))
}

// RetryRead makes a read again while it fails with an error that is retryable, a
// bounded number of times.
func (c *Conn) RetryRead(ctx context.Context, read func(context.Context) error) error {
	ctx, cancel := c.WithTimeout(ctx)
	defer cancel()
	pause := Backoff{Max: maxReadPause}
	for attempt := 0; ; attempt++ {
		err := read(ctx)
		if err == nil {
			return nil
		}
		if ended := c.Usable(ctx); ended != nil {
			return ended
		}
		if attempt == MaxRetries || !IsRetryable(err) {
			return err
		}
		if err := c.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}

// IsRetryable reports whether a read that failed with err is worth another attempt:
// no answer, a lost connection, a replica that lags, or an answer that is broken. So is
// one that shows that servers differ: they may be about to copy a replica anew.
func IsRetryable(err error) bool {
	var answer *wire.ReadError
	var diverged *wire.DivergedError
	switch {
	case errors.As(err, &diverged):
		return true
	case errors.As(err, &answer):
		return answer.Status != 413 && answer.Status != 408 && answer.Status != 400
	case errors.Is(err, core.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	for _, passing := range []error{ErrLagging, ErrNoAnswer, errLost, wire.ErrNoResponder, nats.ErrReconnectBufExceeded} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}
