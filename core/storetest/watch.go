package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// watch is a reader beside a rule that writes. It reads in a loop, and looks for
// commits of which it sees a part.
type watch struct {
	reads atomic.Int64
	ended chan struct{}
	err   error // once ended is closed
	stop  func()
}

// watch reads each of the filters in turn until it finds a fault, or is stopped.
func (p *probe[ID, Pos, M]) watch(filters ...core.Filter[ID, Pos]) *watch {
	stopped := make(chan struct{})
	w := &watch{ended: make(chan struct{}), stop: sync.OnceFunc(func() { close(stopped) })}
	go func() {
		defer close(w.ended)
		for w.err == nil {
			for _, filter := range filters {
				events, err := p.tryLoad(p.Context(), filter)
				if err == nil {
					err = whole(events)
				}
				if err != nil {
					w.err = err
					return
				}
			}
			w.reads.Add(1)
			select {
			case <-stopped:
				return
			default:
			}
		}
	}()
	p.Cleanup(func() { w.stop(); <-w.ended })
	return w
}

// beside calls write until it ran beside enough reads, or has to give up hope.
func (w *watch) beside(t *testing.T, write func(i int)) {
	t.Helper()
	for i := 0; i < 30 || w.reads.Load() < 20 && i < 300; i++ {
		write(i)
		select {
		case <-w.ended:
			t.Fatalf("the reader beside commit %d: %v", i, w.err)
		default:
		}
	}
	w.stop()
	if <-w.ended; w.err != nil {
		t.Fatalf("the reader: %v", w.err)
	}
}

// whole returns an error if events hold a part of a commit to an aggregate, but
// not the rest.
func whole[ID, Pos comparable, M any](events []recorded[ID, Pos, M]) error {
	type part struct {
		commit string
		key    core.Key[ID]
	}
	missing := make(map[part]int)
	for _, e := range events {
		p := part{e.Commit.ID, e.Key}
		if _, ok := missing[p]; !ok {
			missing[p] = e.Commit.Count
		}
		if index := e.Commit.Count - missing[p]; e.Commit.Index != index {
			return fmt.Errorf("event %d of a commit of %d came where event %d should have", e.Commit.Index, e.Commit.Count, index)
		}
		missing[p]--
	}
	for p, n := range missing {
		if n != 0 {
			return fmt.Errorf("%d events are missing of a commit to %v", n, p.key)
		}
	}
	return nil
}

func (s *rules[ID, Pos, M]) readerSeesWhole(t *testing.T) {
	p, key := s.open(t), s.key(0)
	sizes := []int{2, 1, 3, 8, 2, 20, 5}
	w := p.watch(core.Filter[ID, Pos]{Aggregate: &key}, core.Filter[ID, Pos]{})
	w.beside(t, func(i int) { p.commit(key, notes(make([]int64, sizes[i%len(sizes)])...)...) })
}

func (s *rules[ID, Pos, M]) readerSeesWholeParts(t *testing.T) {
	p := s.open(t)
	p.needAtomic()
	first, second := s.key(1), s.key(2)
	w := p.watch(core.Filter[ID, Pos]{Aggregate: &first}, core.Filter[ID, Pos]{Aggregate: &second}, core.Filter[ID, Pos]{})
	w.beside(t, func(int) {
		if _, err := p.commitAll(p.together(4)...); err != nil {
			t.Fatalf("commit to four aggregates: %v", err)
		}
	})
}
