//go:build unix

package main

import (
	"fmt"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// options are the settings of a run.
type options struct {
	load    loadOptions
	files   fileOptions
	control control // none if its name is empty
}

type loadOptions struct {
	time       time.Duration // how long the load lasts at least
	goals      progress      // reached before the load ends, if that does not take too long
	faults     []fault       // kinds that are injected
	seed       uint64
	syncAlways bool
	rate       int           // commits a second that all writers together ask for, 0 for no limit
	ackWait    time.Duration // Config.AckWait of the stores, 0 for the library's default
	size       size
}

// fileOptions says what is read and written.
type fileOptions struct {
	check      string // file of a history to check; nothing is run
	history    string // file to save the history in
	saveAlways bool   // also if it breaks no rule
	dir        string // parent of the servers' directory, "" for the system's temporary one
	keepDir    bool
}

// size is the number of clients, of aggregates, and of the servers that hold the
// buckets.
type size struct {
	writers        int // connections
	threads        int // of each writer
	subscribers    int
	workers        int  // of the reactor with outputs
	effects        int  // workers of the reactor with effects
	second         bool // there is a second store
	transactions   int  // clients of the store with transactions
	loaders        int  // that commit too
	pinnedLoaders  int  // that commit nothing, each of them connected to one server only
	contended      int  // aggregates that all clients commit to, at least 4
	bucketReplicas int  // of the buckets of leases and of snapshots
}

var fullSize = size{
	writers: 8, threads: 4, subscribers: 3, workers: 2, effects: 2, second: true, transactions: 3, loaders: 2, pinnedLoaders: cluster.Size,
	contended: 48, bucketReplicas: cluster.Size,
}

// pause is how long each thread of a writer waits between two operations, on
// average.
func (o loadOptions) pause() time.Duration {
	if o.rate <= 0 {
		return 0
	}
	return time.Second * time.Duration(o.size.writers*o.size.threads) / time.Duration(o.rate)
}

// maxTime is how long the load may last until its goals are reached.
func (o loadOptions) maxTime() time.Duration { return 3*o.time + 5*time.Minute }

// String returns the flags that start the same run.
func (o options) String() string {
	sync := "lazy"
	if o.load.syncAlways {
		sync = "always"
	}
	s := fmt.Sprintf("-for %v -sync %s -seed %d -rate %d", o.load.time, sync, o.load.seed, o.load.rate)
	if len(o.load.faults) != len(faults) {
		s += fmt.Sprintf(" -kinds %q", kindNames(o.load.faults))
	}
	if o.load.ackWait > 0 {
		s += fmt.Sprintf(" -ackwait %v", o.load.ackWait)
	}
	if o.control.name != "" {
		s += " -control " + o.control.name
	}
	return s
}
