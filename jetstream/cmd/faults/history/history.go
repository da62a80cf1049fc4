// Package history is the record of a run: the commits and loads that clients asked
// for, with their answers and times; the faults; and what the servers and the
// subscribers hold in the end. It can be saved in a file and checked again.
package history

import "time"

// History is the record of a run.
type History struct {
	Run         Run
	Ops         []Op
	Loads       []Load
	Faults      []Fault
	Log         []Entry   // of the server that was the stream's leader in the end
	Replicas    []Replica // of every server
	Subscribers []Subscriber
	Reactions   []Reaction
	Workers     []Worker
	Second      *Second // nil if there was none

	Transactions *Transactions // nil if there were none
}

// Run identifies a run and has the counts that belong to no single operation.
type Run struct {
	Seed    uint64
	Options string // flags that start the same run
	Began   time.Time

	SnapshotsStored int
	SnapshotsLoaded int
	Effects         bool   // there were workers whose reactions were recorded
	Shortfall       string `json:",omitempty"` // what the load lacks to be a test, "" if nothing
}

// Interval is when an operation was asked for, and when it was answered, since the
// run began. All clients read the same clock.
type Interval struct {
	Call   time.Duration
	Return time.Duration
}

// Load is an aggregate as a client loaded it.
type Load struct {
	Client string
	Interval
	Aggregate string // as in Part
	Version   uint64 // position of its last event, 0 if it has none
	Events    int    // number of events that were folded
	Digest    uint64 // of the events, in order: see Fold
	Snapshots bool   `json:",omitempty"` // the repository had snapshots
	TimedOut  bool   `json:",omitempty"` // its time was over
	Error     string `json:",omitempty"` // any other
}

// Failed reports whether the aggregate was not loaded.
func (l Load) Failed() bool { return l.TimedOut || l.Error != "" }

// Entry is a message of the stream.
type Entry struct {
	Seq       uint64
	Kind      string // the event's kind as a token of the subject
	Aggregate string // as in Part
	Header    CommitHeader
	Op        string `json:",omitempty"` // id of the client's commit, from the payload
	Part      int    `json:",omitempty"` // index of the event's part in that commit
	Index     int    `json:",omitempty"` // index of the event in the part
	Input     uint64 `json:",omitempty"` // for an output of the reactor, the position of its input
	Voids     []Void `json:",omitempty"` // what an entry of the library names as void
}

// System reports whether the library wrote the entry for itself.
func (e Entry) System() bool { return e.Kind[0] == '_' || e.Aggregate[0] == '_' }

// Replica is what one server holds.
type Replica struct {
	Node    string
	Digests Numbers // of the messages from sequence 1 on; 0 where there is none
}

// Subscriber is what a live subscriber received, in order.
type Subscriber struct {
	Name      string
	Positions Numbers
	IDs       Numbers // digests of the events' ids
	Error     string  `json:",omitempty"` // the error that ended the subscription
}
