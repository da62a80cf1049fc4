package core

import (
	"sync"
	"time"
)

// absences remembers which aggregates had no snapshot, so that commands on one that is
// young do not ask for it each time. It is safe for concurrent use.
type absences[ID comparable] struct {
	mu    sync.Mutex // guards the fields below
	until map[ID]time.Time
}

const (
	// absentFor is how long no snapshot of an aggregate is asked for that had none:
	// another process may have stored one.
	absentFor = 10 * time.Second
	// maxAbsences is how many aggregates are remembered. Then all are forgotten.
	maxAbsences = 10_000
)

func (a *absences[ID]) has(id ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.until[id]
	return ok && time.Now().Before(until)
}

func (a *absences[ID]) add(id ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.until) >= maxAbsences || a.until == nil {
		a.until = make(map[ID]time.Time)
	}
	a.until[id] = time.Now().Add(absentFor)
}

func (a *absences[ID]) remove(id ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.until, id)
}
