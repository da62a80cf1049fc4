package core

import "time"

// RunnerState is what a runner does: a live projection, a worker of a reactor, or a
// runner of a read model.
type RunnerState string

// The states of a runner.
const (
	RunnerNew     RunnerState = "new"     // Run was not called yet, or has not reached its store
	RunnerWorking RunnerState = "working" // it follows the events
	RunnerWaiting RunnerState = "waiting" // another runner works
	RunnerFailing RunnerState = "failing" // an event, the store or a database fails, and is tried again
	RunnerStopped RunnerState = "stopped" // Run has ended
)

// Health is how a runner does. Package core/health answers HTTP requests with it.
type Health struct {
	State RunnerState `json:"state"`
	Since time.Time   `json:"since"` // when the state began; zero for RunnerNew
	// Lag is how many events of the store, of any kind, came after the last one that the
	// runner has processed; 0 if none of them is one that it handles.
	Lag uint64 `json:"lag"`
	// Behind is the age of the oldest event that it has not processed; 0 if there is none.
	Behind time.Duration `json:"behind"`
	// Err is the last error; nil once work went on.
	Err error `json:"-"`
}
