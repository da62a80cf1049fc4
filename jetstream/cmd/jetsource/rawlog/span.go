package rawlog

import (
	"context"
	"time"
)

// Span returns when the first message of the log and the last were recorded: those of a
// restored store before it was restored. Both are zero for an empty log.
func (l *Log) Span(ctx context.Context) (first, last time.Time, err error) {
	s := l.info.State
	if s.Msgs == 0 {
		return first, last, nil
	}
	if first, err = l.recorded(ctx, s.FirstSeq); err != nil {
		return first, last, err
	}
	last, err = l.recorded(ctx, s.LastSeq)
	return first, last, err
}

// recorded returns when the message at a position was recorded; its server's time if it does
// not say so in a way that can be read.
func (l *Log) recorded(ctx context.Context, at uint64) (time.Time, error) {
	m, err := l.At(ctx, at)
	if err != nil || m == nil { // it was deleted, which verify says
		return time.Time{}, err
	}
	recorded, _ := m.Recorded()
	return recorded, nil
}
