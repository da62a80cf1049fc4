package core

import (
	"errors"
	"sync"

	"github.com/jetsource/jetsource/core/typecheck"
)

// refusals remembers which states could not be stored or copied, so that this is
// not tried again at once. It is safe for concurrent use.
type refusals[ID comparable] struct {
	mu    sync.Mutex // guards the fields below
	all   bool       // states of this type do not come back as they are
	since map[ID]int // events after the last snapshot, when an aggregate was refused
}

// maxRefusals is how many aggregates are remembered. Then all are forgotten.
const maxRefusals = 10_000

// allows reports whether to try with an aggregate: it has twice as many events
// after its last snapshot as when it was refused, or a newer snapshot.
func (r *refusals[ID]) allows(id ID, since int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	refused, ok := r.since[id]
	if ok && since < refused {
		delete(r.since, id)
		ok = false
	}
	return !r.all && (!ok || since >= 2*refused)
}

// add records that an aggregate was refused, and reports whether to log that: for a
// mistake in the type, once.
func (r *refusals[ID]) add(id ID, since int, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.all
	r.all = r.all || ofType(err)
	if len(r.since) >= maxRefusals || r.since == nil {
		r.since = make(map[ID]int)
	}
	r.since[id] = max(since, 1)
	return first
}

// ofType reports whether an error is one of the type of a state.
func ofType(err error) bool {
	_, changed := errors.AsType[*typecheck.ChangedError](err)
	_, hidden := errors.AsType[*typecheck.Error](err)
	return changed || hidden
}
