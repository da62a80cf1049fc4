package reader

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// A server of three that loses power before it has synced can come back with a hole in its
// part of the stream, for good, while the others hold everything. A consumer without filters
// shows it, because positions follow each other; one with a filter leaves out what is not
// there without a word. So on a replicated stream it begins without its filter, and gets it
// once its server has shown that it holds as many messages as there are positions.

// wholeBackoff is for a server that lags, which has the rest within moments.
var wholeBackoff = core.Backoff{First: 2 * time.Millisecond, Max: 50 * time.Millisecond}

// wholeAttempts is how often it is asked, some half a second in all.
const wholeAttempts = 15

// whole is how many messages the server of the next consumer must hold, from the next
// position on; 0 if that need not be looked at.
func (s *scan) whole() uint64 {
	next := max(s.next, 1)
	if len(s.filters) == 0 || !s.conn.Replicated.Load() || next > s.view.Head {
		return 0
	}
	n := s.view.Head - next + 1
	for lost := range s.conn.Lost {
		if lost >= next && lost <= s.view.Head {
			n--
		}
	}
	return n
}

// createOnWhole creates the consumer, and returns how many messages it has pending. A server
// that has less than the whole is [conn.ErrLagging].
func (k *consumer) createOnWhole(ctx context.Context, c *conn.Conn) (pending uint64, err error) {
	config := k.config
	if k.whole > 0 {
		config.FilterSubjects = nil
	}
	created, err := c.JS.CreateConsumer(ctx, c.Stream, config)
	k.there = err == nil
	for attempt := 0; err == nil && k.whole > 0; attempt++ {
		if created.CachedInfo().NumPending >= k.whole {
			created, err = c.JS.UpdateConsumer(ctx, c.Stream, k.config)
			break
		}
		if attempt == wholeAttempts {
			return 0, conn.ErrLagging
		}
		if err = wholeBackoff.Wait(ctx, attempt); err == nil {
			created, err = c.JS.UpdateConsumer(ctx, c.Stream, config)
		}
	}
	if err != nil {
		return 0, err
	}
	return created.CachedInfo().NumPending, nil
}
