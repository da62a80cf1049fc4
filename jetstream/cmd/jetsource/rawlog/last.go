package rawlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Last returns the last message of each subject that one of some filters matches, in order.
// A replica that is behind is asked again, as in [Log.Read].
func (l *Log) Last(ctx context.Context, filters ...string) ([]*Message, error) {
	for failed := 0; ; {
		last, err := l.heads(ctx, filters)
		if hasStatus(err, 413) { // there are too many for one answer
			return l.readLast(ctx, filters)
		}
		if err == nil && (len(last) > 0 || l.info.Config.Replicas < 2 || failed == retries) {
			return last, nil
		}
		if failed++; failed > retries {
			return nil, fmt.Errorf("read the last messages: %w", err)
		}
		if err := conn.Sleep(ctx, time.Duration(failed)*100*time.Millisecond, nil); err != nil {
			return nil, err
		}
	}
}

// heads asks for the last messages, page by page.
func (l *Log) heads(ctx context.Context, filters []string) (last []*Message, err error) {
	request := wire.GetRequest{MultiLast: filters, MaxBytes: pageBytes}
	for {
		page, err := l.page(ctx, request)
		if errors.Is(err, wire.ErrNoResults) {
			return last, nil
		}
		if err != nil {
			return nil, err
		}
		last = append(last, page.Messages...)
		if page.Pending == 0 || len(page.Messages) == 0 {
			return last, nil
		}
		request.Seq, request.UpTo = last[len(last)-1].Seq+1, page.UpTo
	}
}

// readLast reads all messages on the filters.
func (l *Log) readLast(ctx context.Context, filters []string) ([]*Message, error) {
	last := make(map[string]*Message)
	for _, f := range filters {
		for m, err := range l.Read(ctx, f, 1, l.info.State.LastSeq) {
			if err != nil {
				return nil, err
			}
			last[m.Subject] = m
		}
	}
	return slices.SortedFunc(maps.Values(last), func(a, b *Message) int { return cmp.Compare(a.Seq, b.Seq) }), nil
}
