package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/nats-io/nats.go/jetstream"
)

// isRecoverable reports whether a new consumer can go on after err.
func isRecoverable(err error) bool {
	for _, final := range []error{core.ErrFinal, core.ErrBeyondEnd, jetstream.ErrStreamNotFound} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// checkLog makes sure, before a consumer is created, that the messages from the
// next one on are of this store: a consumer of a stream that was made anew, or that
// lost its end, would silently skip what comes before the next message.
func (r *Reader) checkLog(ctx context.Context, first bool, wait time.Duration, next uint64, last *wire.Message) error {
	if first {
		return r.CheckEnd(ctx, next)
	}
	if last != nil { // the log must still hold it
		r.conn.Saw(last.Seq, last.CommitID())
	}
	return r.isSame(ctx, wait)
}

// isSame returns an error if the stream is not the one that was opened, if that could not
// be found out within the given time, or if the log does not hold what was seen of it.
func (r *Reader) isSame(ctx context.Context, wait time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := r.checkStream(bounded); err != nil {
		return err
	}
	return r.conn.CheckSeen(ctx)
}

// CheckEnd returns [core.ErrBeyondEnd] if the log ends before the message at next-1.
// A leader that was deposed may not have come that far, so it is asked several times.
func (r *Reader) CheckEnd(ctx context.Context, next uint64) error {
	if next <= 1 {
		return nil
	}
	pause := conn.Backoff{Max: 500 * time.Millisecond}
	for attempt := 0; ; attempt++ {
		last, err := r.conn.LastSequence(ctx, ">")
		if err != nil || last >= next-1 {
			return err
		}
		if attempt >= conn.MaxRetries {
			return fmt.Errorf("read from %d, stream ends at %d: %w", next, last, core.ErrBeyondEnd)
		}
		if err := r.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}
