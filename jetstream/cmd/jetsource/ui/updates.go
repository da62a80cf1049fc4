package ui

import (
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

const (
	backfill  = 1000 // positions before the end that a feed begins at
	tick      = 250 * time.Millisecond
	heartbeat = 15 * time.Second
)

// updates streams what happens: how many events there are, and the last ones. A browser
// that is slow misses lines and not counts.
func (s *server) updates(w http.ResponseWriter, r *http.Request) {
	out, ctx, end := s.newStream(w, r)
	defer end()
	l, err := s.open(ctx)
	if err != nil {
		_ = out.send("update", frame{Problem: err.Error()}) // the browser connects again
		return
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		_ = out.send("update", frame{Problem: err.Error()})
		return
	}
	f := newFeed(l, gaps)
	var following sync.WaitGroup
	defer func() { end(); following.Wait() }()
	following.Go(func() { f.follow(ctx) })
	if out.write("retry: 1000\n\n") != nil {
		return
	}
	clock := time.NewTicker(tick)
	defer clock.Stop()
	var last frame
	sent := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		now := f.frame(time.Now())
		if !s.Conn.IsConnected() {
			now.Problem = errAway.Error()
		}
		if reflect.DeepEqual(now, last) && time.Since(sent) < heartbeat {
			continue
		}
		if out.send("update", now) != nil {
			return
		}
		last, sent = now, time.Now()
		last.Events = nil
	}
}
