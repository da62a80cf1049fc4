//go:build unix

package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// recorder records what clients ask for and what they are answered.
type recorder struct {
	began time.Time

	mu        sync.Mutex // guards the fields below
	ops       []history.Op
	loads     []history.Load
	ambiguous []ambiguousOp
	progress  progress
	lastAcked map[string]time.Duration // by client, when its latest acked commit was asked for

	effects *effects
}

// ambiguousOp is a commit with an outcome that is not known yet.
type ambiguousOp struct {
	index   int // in recorder.ops
	unknown *jetstream.UnknownOutcomeError
	key     key // one of its aggregates
}

func newRecorder() *recorder {
	r := &recorder{began: time.Now(), lastAcked: make(map[string]time.Duration)}
	r.effects = &effects{now: r.now, tenure: make(map[string]int)}
	return r
}

// now is the time since the run began.
func (r *recorder) now() time.Duration { return time.Since(r.began) }

// answered adds a commit that was answered. If its outcome is ambiguous, unknown
// is the answer.
func (r *recorder) answered(op history.Op, first commit, unknown *jetstream.UnknownOutcomeError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
	if unknown != nil {
		r.ambiguous = append(r.ambiguous, ambiguousOp{len(r.ops) - 1, unknown, first.Key})
	}
	if op.Outcome != history.Acked {
		return
	}
	r.lastAcked[op.Client] = max(r.lastAcked[op.Client], op.Call)
	r.progress.commits++
	if strings.HasPrefix(first.Key.ID, newItem) {
		r.progress.created++
	}
	if _, ok := first.Events[0].(placed); ok {
		r.progress.inputs++
	}
}

// takeAmbiguous hands over the commits with an outcome that is not known.
func (r *recorder) takeAmbiguous() []ambiguousOp {
	r.mu.Lock()
	defer r.mu.Unlock()
	ops := r.ambiguous
	r.ambiguous = nil
	return ops
}

// stillAmbiguous takes a commit back.
func (r *recorder) stillAmbiguous(a ambiguousOp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ambiguous = append(r.ambiguous, a)
}

// resolved records the outcome of a commit that was ambiguous.
func (r *recorder) resolved(a ambiguousOp, outcome history.Outcome, positions []uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	op := &r.ops[a.index]
	op.Outcome, op.Return = outcome, r.now()
	for i, p := range positions {
		op.Parts[i].Position = p
	}
}

// loaded adds a load with its answer. It leaves out one that was cancelled.
func (r *recorder) loaded(l history.Load, state Item, v version, err error) {
	l.Return = r.now()
	l.Version, _ = v.Position()
	l.Events, l.Digest = state.Events, state.Digest
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, context.Canceled):
		return
	case errors.Is(err, context.DeadlineExceeded):
		l.TimedOut = true
	case err != nil && !errors.Is(err, core.ErrNotFound):
		l.Error = err.Error()
	case l.Snapshots && l.Events > 0:
		r.progress.loads++
	}
	r.loads = append(r.loads, l)
}

// allAckedSince reports whether each of some clients has an ack for a commit that
// it asked for after since.
func (r *recorder) allAckedSince(since time.Duration, clients []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(clients, func(name string) bool { return r.lastAcked[name] < since })
}
