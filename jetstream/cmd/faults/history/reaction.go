package history

import "time"

// Reaction is an effect of a reactor that was begun. All of them are recorded in the
// order in which they began.
type Reaction struct {
	Worker   string
	Tenure   int // counts how often a worker got the lease
	Position uint64
	Began    time.Duration
	Late     bool `json:",omitempty"` // the context of the reaction had ended when it began
}

// Worker is a worker of a reactor.
type Worker struct {
	Name  string
	Ended []string `json:",omitempty"` // the errors it ended with; it was started again
}

// Second is what happened to a second store, which has the names of the first one in
// the same account and the same buckets.
type Second struct {
	Ops   []Op
	Loads []Load
	Log   []Entry // of the server that was the stream's leader in the end
	Full  int     // commits of its reactor that were refused because the stream was full
}

// History returns what happened as the history of a store of its own.
func (s Second) History() *History { return &History{Ops: s.Ops, Loads: s.Loads, Log: s.Log} }
