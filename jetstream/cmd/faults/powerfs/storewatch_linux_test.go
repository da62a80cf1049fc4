//go:build power

package powerfs_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// watch is a subscription that goes on while power is lost.
type watch struct {
	stop context.CancelFunc
	done chan struct{}

	mu   sync.Mutex // guards what follows
	list []seen
	err  error // that ended the subscription
}

func newWatch(ctx context.Context, s *store) *watch {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for e, err := range s.Subscribe(ctx, storeFilter{}) {
			w.mu.Lock()
			if err != nil {
				w.err = err
			} else {
				w.list = append(w.list, seen{e.Position, e.EventID()})
			}
			w.mu.Unlock()
		}
	}()
	return w
}

func (w *watch) close() {
	w.stop()
	<-w.done
}

func (w *watch) received() ([]seen, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.list), w.err
}

// isPrefix reports whether the first of some events are the others.
func isPrefix(all, first []seen) bool {
	return len(first) <= len(all) && slices.Equal(all[:len(first)], first)
}

// isOf reports whether all that the subscription has received is in a log.
func (w *watch) isOf(log []history.Entry) bool {
	list, _ := w.received()
	return isPrefix(visible(log, "", ""), list)
}

// awaitEnd gives the subscription some time to find that the log lacks what it has
// received.
func (w *watch) awaitEnd(timeout time.Duration) {
	select {
	case <-w.done:
	case <-time.After(timeout):
	}
}

// checkGone tells what became of a subscription that has received what the log lacks,
// once the log has gone on.
func (l *storeVerdict) checkGone(w *watch, before int) {
	moved := within(timeout, func() bool {
		list, err := w.received()
		return err != nil || len(list) > before
	})
	_, err := w.received()
	_, lost := errors.AsType[*jetstream.LostEndError](err)
	switch {
	case !moved:
		l.stall("a subscription that had received what is lost neither goes on nor ends")
	case err == nil:
		l.silent++
	case lost || errors.Is(err, core.ErrBeyondEnd):
		l.ended++
	default:
		l.add("a subscription that had received what is lost ended: %v", err)
	}
}

// checkWatch expects the subscription to receive the log, and nothing else.
func (l *storeVerdict) checkWatch(w *watch, log []history.Entry) {
	want := visible(log, "", "")
	var list []seen
	var err error
	within(timeout, func() bool {
		list, err = w.received()
		return err != nil || len(list) >= len(want) || !isPrefix(want, list)
	})
	if err != nil || !slices.Equal(want, list) {
		l.add("a subscription begun before the loss received %d events, want %d; %s; %v", len(list), len(want), firstDifference(want, list), err)
	}
}
