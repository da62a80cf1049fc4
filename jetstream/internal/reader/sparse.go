package reader

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	// maxSparse is how many filters a loop reads each by itself at most, if their
	// messages are few.
	maxSparse = 32
	// shortLog is how many messages are read faster than anything is found out about
	// them.
	shortLog = 10_000
)

// separate reports whether the messages on filters are read by a consumer for each
// filter: while they are few filters, or few messages of the log. For more consumers
// than one loop may have it takes further places, which leave gives back; it waits for
// none.
func (r *Reader) separate(ctx context.Context, p *place, filters []string, from uint64, v View) (ok bool, leave func()) {
	none := func() {}
	switch {
	case len(filters) == 0 || len(filters) > maxSparse:
		return false, none
	case len(filters) <= maxConsumers:
		return true, none
	case v.Head < from+shortLog || isMost(r.count(ctx, filters, from), v.Head-from):
		return false, none
	}
	var more []*place
	leave = func() {
		for _, p := range more {
			p.leave()
		}
	}
	for n := maxConsumers; n < len(filters); n += maxConsumers {
		next := r.consumers.tryPlace(p.of)
		if next == nil {
			leave()
			return false, none
		}
		more = append(more, next)
	}
	return true, leave
}

// isMost reports whether so many messages are more than two thirds of the log. It is then
// faster to read all of it: a message costs some third more where it comes through a
// consumer of its filter, and has to be merged.
func isMost(messages, log uint64) bool { return messages > log/3*2 }

// count returns about how many messages there are on filters from a sequence on. If that
// cannot be told, they are taken for all there are.
func (r *Reader) count(ctx context.Context, filters []string, from uint64) (n uint64) {
	const all = 1 << 62
	calls := make([]*conn.Call, 0, len(filters))
	defer func() {
		for _, c := range calls {
			c.Close()
		}
	}()
	for _, f := range filters {
		c, err := r.conn.CallAny(wire.GetRequest{Seq: max(from, 1), NextFor: f, Batch: 1})
		if err != nil {
			return all
		}
		calls = append(calls, c)
	}
	for _, c := range calls {
		page, err := c.Page(ctx)
		switch {
		case errors.Is(err, wire.ErrNoResults):
		case err != nil:
			return all
		default:
			n += uint64(len(page.Messages) + page.Pending)
		}
	}
	return n
}
