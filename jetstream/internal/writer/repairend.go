package writer

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// RepairEnd makes sure that no commit is unfinished at the end of the log, if that was not
// made sure of since the stream's server may have started anew. Callers that come
// together look once.
func (w *Writer) RepairEnd(ctx context.Context) error { return w.repairEnd(ctx, w.conn.Link()) }

func (w *Writer) repairEnd(ctx context.Context, link conn.Link) error {
	if w.isCurrent(link) {
		return nil
	}
	select {
	case w.looking <- struct{}{}:
		defer func() { <-w.looking }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	link = w.conn.Link()
	if w.isCurrent(link) {
		return nil
	}
	if err := w.conn.CheckSeen(ctx); err != nil {
		return err
	}
	if err := w.closeTears(ctx); err != nil {
		return err
	}
	w.looked.Store(&link)
	w.answered.Store(time.Now())
	return nil
}

// remoteIdle is how long a stream's server may be silent before it may have started
// anew unnoticed, where the client is connected to another server.
const remoteIdle = time.Second

// isCurrent reports whether the end of the log was looked at since the stream's server
// may have started anew.
func (w *Writer) isCurrent(link conn.Link) bool {
	if !w.hasLooked(link) {
		return false
	}
	answered, _ := w.answered.Load().(time.Time)
	return !w.remote.Load() || time.Since(answered) < remoteIdle
}

// hasLooked reports whether the last look at the end of the log was over this link.
func (w *Writer) hasLooked(link conn.Link) bool {
	looked := w.looked.Load()
	return looked != nil && *looked == link
}
