// Package history is what is known of a run once it is over: what clients asked
// for and were answered, what the servers hold, and what readers saw. All of it
// can be kept in a file and looked at again.
package history

import "time"

// History is a run.
type History struct {
	Run         Run
	Ops         []Op
	Loads       []Load
	Faults      []Fault
	Log         []Entry   // of the server that led the stream when all was over
	Replicas    []Replica // of every server
	Subscribers []Subscriber
}

// Run tells runs apart.
type Run struct {
	Seed    uint64
	Options string
	Began   time.Time

	LateLoads       int   // loads that were given up when their time was over
	SnapshotsStored int64 // and loaded: without any, nothing was tested
	SnapshotsLoaded int64
	WorkerRestarts  int64 // after an error
}

// Outcome is what a commit came to.
type Outcome string

// The outcomes of a commit.
const (
	OK       Outcome = "ok"
	Conflict Outcome = "conflict"
	Refused  Outcome = "refused" // not recorded, for another reason
	Unknown  Outcome = "unknown" // recorded or not, now or later
)

// Op is a commit that a client asked for. Times count from the beginning of the
// run, by one clock.
type Op struct {
	ID       string // each event of the commit has it
	Client   string
	Call     time.Duration
	Return   time.Duration // when the outcome was known
	Outcome  Outcome
	Doubtful bool   `json:",omitempty"` // it was unknown at first
	Error    string `json:",omitempty"`
	Parts    []Part
}

// Events returns the number of events of the commit.
func (o Op) Events() int {
	n := 0
	for _, p := range o.Parts {
		n += p.Events
	}
	return n
}

// Part is what a commit records for one aggregate.
type Part struct {
	Aggregate string // its tokens in a subject: "<kind>.<id>"
	Unchecked bool   `json:",omitempty"`
	Expected  uint64 // 0 for an aggregate without events
	Events    int
	Position  uint64 `json:",omitempty"` // of the last event, if the outcome is OK
}

// Load is an aggregate as a client loaded it.
type Load struct {
	Client    string
	Call      time.Duration
	Return    time.Duration
	Aggregate string
	Version   uint64
	Events    int    // that were folded
	Digest    uint64 // of what was folded
	Snapshot  bool   `json:",omitempty"` // snapshots could be used
	Error     string `json:",omitempty"`
}

// Fault is something that was done to the servers.
type Fault struct {
	Kind     string
	Node     string `json:",omitempty"`
	Began    time.Duration
	Healed   time.Duration
	Deadline bool // commits did not begin again in time
	// NoQuorum says that no commit can be acknowledged before it heals.
	NoQuorum bool `json:",omitempty"`
	// First is when the first commit that was asked for after the fault began was
	// acknowledged; All when every client had one that was asked for after it had
	// healed.
	First, All time.Duration
}

// Recovery is how long there was no acknowledged commit: from the healing of a
// fault that leaves no quorum, and of any other from its beginning.
func (f Fault) Recovery() time.Duration {
	if f.NoQuorum {
		return max(f.First-f.Healed, 0)
	}
	return f.First - f.Began
}

// Entry is a message of the stream.
type Entry struct {
	Seq       uint64
	Kind      string // token of the event's kind
	Aggregate string // as in Part
	Commit    Link
	Op        string `json:",omitempty"` // the client's commit that the event says it is of
	Part      int    `json:",omitempty"` // and its place there
	Index     int    `json:",omitempty"`
	Input     uint64 `json:",omitempty"` // the event that an output is of
}

// Reserved reports whether the entry is the library's own.
func (e Entry) Reserved() bool { return e.Kind[0] == '_' || e.Aggregate[0] == '_' }

// Replica is what one server holds.
type Replica struct {
	Node   string
	Digest Digests // of each message, from sequence 1 on; 0 where there is none
}

// Subscriber is what a live subscriber was given, in order.
type Subscriber struct {
	Name  string
	Seqs  Digests // sequences
	IDs   Digests // digests of the events' ids
	Error string  `json:",omitempty"` // it ended with
}
