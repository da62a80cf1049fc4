//go:build unix

package main

import (
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// recorder writes down what clients asked for and were answered.
type recorder struct {
	began time.Time

	mu     sync.Mutex // guards what follows
	ops    []history.Op
	loads  []history.Load
	oks    int                      // commits that were acknowledged
	late   int                      // loads that were given up
	acked  map[string]time.Duration // by client, when its last acked commit was asked for
	doubts []doubt
}

// doubt is a commit whose outcome is unknown yet.
type doubt struct {
	op      int // its number
	unknown *jetstream.UnknownOutcomeError
	key     key // one of its aggregates
}

func newRecorder() *recorder {
	return &recorder{began: time.Now(), acked: make(map[string]time.Duration)}
}

// now is the time since the run began.
func (r *recorder) now() time.Duration { return time.Since(r.began) }

// add takes a commit that was answered, with what is needed to ask again if its
// outcome is unknown.
func (r *recorder) add(op history.Op, key key, unknown *jetstream.UnknownOutcomeError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
	if op.Outcome == history.OK {
		r.oks++
		r.acked[op.Client] = max(r.acked[op.Client], op.Call)
	}
	if unknown != nil {
		r.doubts = append(r.doubts, doubt{len(r.ops) - 1, unknown, key})
	}
}

// load takes what a client loaded.
func (r *recorder) load(l history.Load) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads = append(r.loads, l)
}

// tooLate counts a load that was given up.
func (r *recorder) tooLate() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.late++
}

// doubted hands out the commits whose outcome is unknown.
func (r *recorder) doubted() []doubt {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.doubts
	r.doubts = nil
	return d
}

// doubtAgain takes back those of which it is still unknown.
func (r *recorder) doubtAgain(d doubt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts = append(r.doubts, d)
}

// settle notes what became of a commit whose outcome was unknown.
func (r *recorder) settle(d doubt, outcome history.Outcome, positions []uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	op := &r.ops[d.op]
	op.Outcome, op.Return = outcome, r.now()
	for i, p := range positions {
		op.Parts[i].Position = p
	}
}

// commits counts the commits that were acknowledged.
func (r *recorder) commits() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.oks
}

// allAckedSince reports whether each client had a commit acknowledged that it
// asked for after a time.
func (r *recorder) allAckedSince(since time.Duration, clients []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range clients {
		if r.acked[c] < since {
			return false
		}
	}
	return true
}
