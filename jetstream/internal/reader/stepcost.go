package reader

import (
	"sync/atomic"
	"time"
)

const (
	// smallStep is how many messages a server examines in the time that it and the
	// client take for one more request.
	smallStep = 400
	// examineTime is how long a server takes to examine a message.
	examineTime = 150 * time.Nanosecond
)

// stepCost says which takes longer: a step backwards, or one by subject.
type stepCost struct {
	subjects  int
	roundTrip time.Duration // the shortest known
	total     uint64        // of all gaps
	gaps      int           // how many there are
}

// gap takes the number of positions from one commit of the aggregate to the next.
func (s *stepCost) gap(n uint64) {
	s.total += n
	s.gaps++
}

// isFar reports whether a step backwards takes less time than one by subject, given the
// size of a message in the stream. Each subject by itself costs the messages between
// two in the same block, and all subjects together every message: see [isDense].
func (s *stepCost) isFar(size int) bool {
	if s.gaps == 0 {
		return false
	}
	gap := float64(s.total) / float64(s.gaps)
	each := gap * float64(s.subjects)
	examined := min(each*max(0, 1-each*float64(size)/block), wildcardScanCost*gap)
	return examined > max(smallStep, float64(s.roundTrip/examineTime))
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
