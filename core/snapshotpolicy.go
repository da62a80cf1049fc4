package core

import "time"

// SnapshotPolicy says when a snapshot is due. The zero policy is never.
type SnapshotPolicy struct {
	every int
	after time.Duration
}

// SnapshotAge is how old the latest snapshot is that was used: how much there is that
// it does not have.
type SnapshotAge struct {
	// Events is how many events were recorded after it.
	Events int
	// Time is how long they have been without a snapshot.
	Time time.Duration
}

// SnapshotEvery is the policy that takes a snapshot each n events; with n = 1,
// after each commit. It panics when n is not positive.
func SnapshotEvery(n int) SnapshotPolicy {
	if n <= 0 {
		panic("core: SnapshotEvery needs a positive number")
	}
	return SnapshotPolicy{every: n}
}

// SnapshotAfter is the policy that takes a snapshot when there have been events without
// one for as long as d. It panics when d is not positive.
func SnapshotAfter(d time.Duration) SnapshotPolicy { return SnapshotPolicy{}.OrAfter(d) }

// OrAfter returns the policy that also takes a snapshot when [SnapshotAfter] does.
func (p SnapshotPolicy) OrAfter(d time.Duration) SnapshotPolicy {
	if d <= 0 {
		panic("core: a snapshot after a time that is not positive")
	}
	p.after = d
	return p
}

// Due reports whether a snapshot is due.
func (p SnapshotPolicy) Due(age SnapshotAge) bool {
	return p.every > 0 && age.Events >= p.every || p.after > 0 && age.Events > 0 && age.Time >= p.after
}

// DueIn returns when a snapshot will be due if there are no further events; false if it
// will not.
func (p SnapshotPolicy) DueIn(age SnapshotAge) (time.Duration, bool) {
	if p.Due(age) {
		return 0, true
	}
	return p.after - age.Time, p.after > 0 && age.Events > 0
}
