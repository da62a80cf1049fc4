package reactor

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
)

const (
	// maxQueue is how many events of a partition wait to be reacted to, at most.
	maxQueue = 128
	// maxAhead is how many reactions of a partition wait to be recorded, at most.
	maxAhead = 256
	// timerPoll is how long a worker sleeps at most before it looks at the clock again, which
	// may have been set.
	timerPoll = 10 * time.Second
)

// partition is the state of a partition that this process has. The session's mutex guards it, save
// ctx, cancel and the channels, which do not change, and an item in state reacting, which is of
// the goroutine of the partition.
type partition[ID, Pos comparable, M any] struct {
	number int
	life
	position[Pos]
	queue[ID, Pos, M]
	timers *timers[Pos]
	held   map[string]bool // aggregates of which an event is parked, as text
	fault  *Fault[Pos]     // what is being tried again; nil for nothing
}

// life is how long a process has a partition.
type life struct {
	ctx     context.Context // ends when the process is to let go of it
	cancel  context.CancelFunc
	wake    chan struct{} // has a value if the goroutine of the partition is to look again
	loaded  bool
	ended   bool // its goroutine has
	fenced  bool // another process has recorded progress
	failing bool // a reaction has failed, and is tried again
	leaving bool // the process gives it back, or has lost it
}

// position is what a partition has reached.
type position[Pos comparable] struct {
	at         checkpoint[Pos]
	entry      core.Version[Pos] // of its checkpoint in the log
	timersAt   core.Version[Pos] // of the last entry about its timers
	kept       checkpoint[Pos]   // what was recorded last, wherever
	dispatched core.Version[Pos] // of the last event that was queued
	attached   bool              // the subscription goes on from there
}

// queue is the events and timers of a partition that are not done, in order.
type queue[ID, Pos comparable, M any] struct {
	items    []*item[ID, Pos, M]
	taken    int                  // of the items: those that were reacted to, or are
	busy     map[core.Key[ID]]int // aggregates with outputs that are not recorded
	room     chan struct{}        // has a value if an item was taken
	ready    int                  // items that wait to be recorded
	reacting bool                 // a reaction is under way
}

// state is what has become of an item.
type state int

const (
	queued   state = iota
	reacting       // or to be reacted to again
	ready          // it has outputs, to be recorded
	faulty         // its outputs were refused
	done           // nothing is left to do but to record that
)

// item is an event, or a timer, in the queue of a partition.
type item[ID, Pos comparable, M any] struct {
	stored core.StoredEvent[ID, Pos, M]
	before core.Version[Pos] // the event before it, of all partitions
	part   int               // of the events that it is today, from 0
	timer  *pendingTimer[Pos]
	all    []input[ID, Pos, M]
	work[ID, Pos, M]
}

// work is what is done about an item.
type work[ID, Pos comparable, M any] struct {
	state    state
	read     bool // all of it is known
	followed bool // the next part is queued
	skip     bool
	out      outcome[ID, Pos, M]
	parked   *core.Commit[ID, Pos, M]
	err      error // why it is faulty
	attempts int
}

// last reports whether no other part follows.
func (it *item[ID, Pos, M]) last() bool {
	return it.part+1 >= len(it.all) || it.parked != nil || it.timer != nil
}

// eventID identifies the input, or the whole event while it cannot be read.
func (it *item[ID, Pos, M]) eventID() string {
	if it.part < len(it.all) {
		return it.all[it.part].envelope.EventID()
	}
	return it.stored.EventID()
}

// reached returns the checkpoint after the item, given the one before it.
func (it *item[ID, Pos, M]) reached(before checkpoint[Pos]) checkpoint[Pos] {
	c := checkpoint[Pos]{Resets: before.Resets}
	switch {
	case it.timer != nil:
		return before
	case it.last():
		c.Processed = core.At(it.stored.Position)
	default:
		c.Processed = it.before
		c.Partial = partial[Pos]{core.At(it.stored.Position), it.part + 1}
	}
	return c
}

// settle drops the items at the front that are done.
func (p *partition[ID, Pos, M]) settle() {
	for len(p.items) > 0 && p.items[0].state == done {
		p.at = p.items[0].reached(p.at)
		p.pop()
	}
}

func (p *partition[ID, Pos, M]) pop() {
	p.items[0] = nil
	p.items = p.items[1:]
	p.taken--
}

// insert queues an item as the next one.
func (p *partition[ID, Pos, M]) insert(it *item[ID, Pos, M], at int) {
	p.items = append(p.items, nil)
	copy(p.items[at+1:], p.items[at:])
	p.items[at] = it
}

// checkpointAt returns the checkpoint that holds for the partition when the subscription is at a
// version: up to it every event of the partition is done.
func (p *partition[ID, Pos, M]) checkpointAt(cursor core.Version[Pos], later func(a, b checkpoint[Pos]) bool) checkpoint[Pos] {
	c := checkpoint[Pos]{Processed: cursor, Resets: p.at.Resets}
	switch {
	case p.at.Partial != partial[Pos]{}:
		return p.at
	case len(p.items) > 0:
		c.Processed = p.items[0].before
	case !p.attached:
		return p.at
	}
	if later(c, p.at) {
		return c
	}
	return p.at
}

// signal has a goroutine that waits on c look again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
