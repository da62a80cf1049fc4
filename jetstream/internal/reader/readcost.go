package reader

import (
	"sync/atomic"
	"time"
)

// Costs are counted in messages that a server examines in the same time.
const (
	positionCost = 200 // of the answer to a request by position
	subjectCost  = 300 // of the answer to one by subject
	smallTurn    = 250 // of a round trip within a process

	examineTime = 150 * time.Nanosecond
)

// readCost says what it costs to read the rest of an aggregate.
type readCost struct {
	subjects  int
	roundTrip time.Duration // the shortest known
	total     uint64        // of all gaps
	gaps      int           // how many there are
}

// gap takes the number of positions from one commit of the aggregate to the next.
func (r *readCost) gap(n uint64) {
	r.total += n
	r.gaps++
}

// isLessBackwards reports whether the rest costs less backwards, beginning with so many
// requests at once, than by subject, given how many messages are missing, 0 if that is not
// known, and the size of a message in the stream. By subject is one round trip, and what a
// server examines: the messages between two in the same block for each subject by itself,
// or every message for all subjects together: see [isDense].
func (r *readCost) isLessBackwards(requests, missing, size int) bool {
	if r.gaps == 0 {
		return false
	}
	trips := (missing + requests - 1) / max(requests, 1)
	if missing == 0 {
		missing, trips = requests, 2 // maybe another one, by subject
	}
	gap := float64(r.total) / float64(r.gaps)
	each := gap * float64(r.subjects)
	examined := min(each*max(0, 1-each*float64(size)/block), wildcardScanCost*gap+wildcardFindCost)
	trip := max(smallTurn, float64(r.roundTrip/examineTime))
	return float64(missing)*positionCost+float64(trips)*trip < trip+float64(r.subjects)*subjectCost+float64(missing)*examined
}

// shortest is the shortest of some durations; 0 before the first. It is safe for
// concurrent use.
type shortest struct{ ns atomic.Int64 }

func (s *shortest) add(d time.Duration) {
	for {
		old := s.ns.Load()
		if old != 0 && old <= int64(d) || s.ns.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

func (s *shortest) duration() time.Duration { return time.Duration(s.ns.Load()) }
