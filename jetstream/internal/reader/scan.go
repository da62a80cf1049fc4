package reader

import (
	"context"
	"iter"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// scan reads the log through consumers, one after the other: a consumer that fails
// is replaced by one that begins after the last message.
type scan struct {
	*Reader

	filters []string // none for every subject
	next    uint64   // the next sequence of interest
	head    uint64   // the last
	live    bool     // go on when nothing is pending
	yield   yieldMessage
	stopped bool // the loop was broken
}

// Scan yields the messages on filters, of all aggregates, from sequence from up to
// sequence head; on every subject if there are no filters. It reads through a
// consumer and holds no more than what was asked for ahead.
func (r *Reader) Scan(ctx context.Context, filters []string, from, head uint64) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		s := &scan{Reader: r, filters: filters, next: from, head: head, yield: yield}
		if err := s.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

func (s *scan) run(ctx context.Context) error {
	ctx, stop := s.conn.WithLife(ctx)
	defer stop()
	failed := 0 // attempts in a row that yielded nothing
	pause := conn.Backoff{Max: time.Second}
	for s.next <= s.head {
		before := s.next
		err := s.readConsumer(ctx)
		if s.stopped {
			return nil
		}
		if s.next > before {
			failed, pause.Last = 0, 0
		}
		if err == nil {
			err = s.checkPending(ctx)
		}
		if err == nil && s.next > before {
			continue
		}
		if err == nil {
			err = conn.ErrLagging // the leader has more than the consumer's server
		}
		if failed++; failed > conn.MaxRetries || !isRecoverable(err) {
			return s.reason(ctx, err)
		}
		if err := s.pause(ctx, err, &pause); err != nil {
			return err
		}
	}
	return nil
}

// checkPending moves on to the next message that the leader has on the filters.
// What a consumer has pending is what its server knows of; only the leader knows
// whether there is more.
func (s *scan) checkPending(ctx context.Context) (err error) {
	if len(s.filters) > 0 && s.next <= s.head {
		s.next, err = s.nextOf(ctx, s.filters, s.next, s.head)
	}
	return err
}

// pause waits before the next consumer.
func (s *scan) pause(ctx context.Context, err error, pause *conn.Backoff) error {
	if ended := s.conn.Usable(ctx); ended != nil {
		return ended
	}
	if err != nil {
		s.conn.Logger.WarnContext(ctx, "reading on with a new consumer", "stream", s.conn.Stream, "after", s.next-1, "error", err)
	}
	return s.conn.Pause(ctx, pause)
}
