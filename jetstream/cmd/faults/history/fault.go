package history

import "time"

// SnapshotsAway is the kind of the fault that cuts off the snapshots alone.
const SnapshotsAway = "snapshots away"

// Fault is a fault that was injected into the cluster. Its times count from the
// beginning of the run.
type Fault struct {
	Kind     string
	Node     string `json:",omitempty"` // the server it was injected into
	Began    time.Duration
	Healed   time.Duration
	TimedOut bool          // not every client had a commit acked in time after it healed
	NoQuorum bool          `json:",omitempty"` // no commit can be acked before it heals
	FirstAck time.Duration // of a commit that was asked for after Began
	AllAcked time.Duration // when every client had an ack for a commit asked for after Healed
}

// Recovery is how long no commit was acked: since the fault began or, if it left
// no quorum, since it healed.
func (f Fault) Recovery() time.Duration {
	if f.NoQuorum {
		return max(f.FirstAck-f.Healed, 0)
	}
	return f.FirstAck - f.Began
}
