package core

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jetsource/jetsource/core/pause"
)

// Backoff says how long to wait before an operation that failed is attempted
// again: at most First before the first retry, at most twice as long before each
// further one, and never longer than Max. Fields that are not positive take
// their defaults. A Backoff has no state: the caller counts the retries, and
// several goroutines may share it.
type Backoff struct {
	First time.Duration // default 50 ms
	Max   time.Duration // default 5 s
}

// shortBackoff is for what another attempt can cure within milliseconds: a
// conflict with another writer, or a replica that lags.
var shortBackoff = Backoff{First: time.Millisecond, Max: 100 * time.Millisecond}

// Pause returns how long to wait before a retry; retries count from 0. It picks
// at random between half of that retry's limit and all of it: callers that
// failed together do not retry together, and until Max is reached no pause is
// shorter than the one before it.
func (b Backoff) Pause(retry int) time.Duration {
	longest := b.longest(retry)
	return longest - rand.N(longest/2+1)
}

// longest returns the limit of a retry.
func (b Backoff) longest(retry int) time.Duration {
	longest, most := b.First, b.Max
	if longest <= 0 {
		longest = 50 * time.Millisecond
	}
	if most <= 0 {
		most = 5 * time.Second
	}
	for range retry {
		if longest > most/2 { // doubled, it would be over, or overflow
			return most
		}
		longest *= 2
	}
	return min(longest, most)
}

// Wait waits for [Backoff.Pause]. It returns the cause of ctx if that ends
// first.
func (b Backoff) Wait(ctx context.Context, retry int) error {
	return b.WaitUnlessClosed(ctx, retry, nil)
}

// WaitUnlessClosed is [Backoff.Wait] for a caller that can be closed: it returns
// [ErrClosed] as soon as closed is closed. A nil channel never is.
func (b Backoff) WaitUnlessClosed(ctx context.Context, retry int, closed <-chan struct{}) error {
	return pause.UnlessClosed(ctx, b.Pause(retry), closed, ErrClosed)
}
