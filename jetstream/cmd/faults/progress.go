//go:build unix

package main

import "fmt"

// progress counts what a run has done. As a goal it is the least that makes the
// run a test.
type progress struct {
	faults          int // that have healed
	commits         int // acked
	created         int // acked commits to an aggregate with no other commit
	inputs          int // acked commits of an input of the reactor
	loads           int // of an aggregate with events, by a repository with snapshots
	snapshotsStored int
	snapshotsLoaded int
	effects         int // reactions
	second          int // acked commits of an input of the second store's reactor
}

// leastGoals is enough for every checker and every control to have something to
// look at.
var leastGoals = progress{commits: 1, created: 1, inputs: 1, loads: 1, snapshotsStored: 1, snapshotsLoaded: 1, effects: 2, second: 1}

// reached reports whether no count is below the goal's.
func (p progress) reached(goal progress) bool {
	return p.faults >= goal.faults && p.commits >= goal.commits && p.created >= goal.created && p.inputs >= goal.inputs &&
		p.loads >= goal.loads && p.snapshotsStored >= goal.snapshotsStored && p.snapshotsLoaded >= goal.snapshotsLoaded &&
		p.effects >= goal.effects && p.second >= goal.second
}

// String returns the counts with their names.
func (p progress) String() string {
	return fmt.Sprintf("%d faults, %d commits, %d of them to new aggregates, %d inputs of the reactor, %d loads, %d snapshots stored and %d loaded, %d effects, %d inputs of the second store",
		p.faults, p.commits, p.created, p.inputs, p.loads, p.snapshotsStored, p.snapshotsLoaded, p.effects, p.second)
}

func (r *recorder) snapshotLoaded() { r.count(func(p *progress) { p.snapshotsLoaded++ }) }

func (r *recorder) snapshotStored() { r.count(func(p *progress) { p.snapshotsStored++ }) }

func (r *recorder) faultHealed() { r.count(func(p *progress) { p.faults++ }) }

func (r *recorder) count(add func(*progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.progress)
}

// counts returns what was done so far.
func (r *recorder) counts() progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// counts returns what was done so far, with both stores.
func (r *run) counts() progress {
	p := r.recorder.counts()
	p.effects = r.recorder.effects.count()
	if r.second != nil {
		p.second = r.second.recorder.counts().inputs
	}
	return p
}
