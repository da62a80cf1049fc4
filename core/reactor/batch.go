package reactor

import (
	"crypto/rand"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// maxBatch is how many messages a batch has at most, where the store allows them.
const maxBatch = 1000

// batch is what is recorded in one commit: the outputs of inputs of several partitions, and for each of
// these a checkpoint. A partition needs an entry of its own, as a fence: it is handed over by
// itself, and the worker that had it before must not record
// anything of it. Within a partition the first inputs are recorded first: its progress is one number.
type batch[ID, Pos comparable, M any] struct {
	id      string
	heads   []core.Commit[ID, Pos, M] // entries of the partitions
	tails   []core.Commit[ID, Pos, M] // outputs
	shares  []*batchPart[ID, Pos, M]
	headOf  []*batchPart[ID, Pos, M]
	tailOf  [][]*item[ID, Pos, M] // some have one commit
	targets map[any]int           // of the tails, by their aggregates and keys
	size    int                   // messages
}

// batchPart is the part of a batch that is of one partition.
type batchPart[ID, Pos comparable, M any] struct {
	*partition[ID, Pos, M]
	items   []*item[ID, Pos, M]
	reached checkpoint[Pos]
	entry   int // index of the checkpoint
	log     *timerEntry[Pos]
	logAt   int // index of the log's entry
}

func newBatch[ID, Pos comparable, M any]() *batch[ID, Pos, M] {
	return &batch[ID, Pos, M]{id: rand.Text(), targets: make(map[any]int)}
}

// outputs returns the commits of an item.
func (it *item[ID, Pos, M]) outputs() []core.Commit[ID, Pos, M] {
	if it.parked != nil {
		return []core.Commit[ID, Pos, M]{*it.parked}
	}
	return it.out.commits
}

// messages returns how many a commit is.
func messages[ID, Pos comparable, M any](c core.Commit[ID, Pos, M]) int { return max(1, len(c.Events)) }

func target[ID, Pos comparable, M any](c core.Commit[ID, Pos, M]) any {
	if c.Entry != nil {
		return c.Entry.Key
	}
	return c.Key
}

// add adds as many of a partition's items as there is room for, and reports whether there were
// any with outputs. Limit is the most messages of the batch; an item that has more is
// alone.
func (b *batch[ID, Pos, M]) add(p *partition[ID, Pos, M], limit int) bool {
	sh := &batchPart[ID, Pos, M]{partition: p, reached: p.at, entry: -1, logAt: -1}
	with, room := 0, limit-b.size-2 // two entries
	for i, it := range p.items[:p.taken] {
		if it.state == done {
			continue
		}
		if it.state != ready {
			break
		}
		n := 0
		for _, c := range it.outputs() {
			n += messages(c)
		}
		if n > room && (len(b.shares) > 0 || with > 0) || !b.fits(it) {
			break
		}
		room -= n
		b.size += n
		b.addOutputs(it)
		with = i + 1
	}
	if with == 0 {
		return false
	}
	for with < p.taken && p.items[with].state == done {
		with++
	}
	sh.items = slices.Clone(p.items[:with])
	for _, it := range sh.items {
		sh.reached = it.reached(sh.reached)
	}
	b.shares = append(b.shares, sh)
	b.size += 2
	return true
}

// fits reports whether the outputs of an item can be in the batch: those to an aggregate that is in
// it already only if they can be added to what is there.
func (b *batch[ID, Pos, M]) fits(it *item[ID, Pos, M]) bool {
	for _, c := range it.outputs() {
		if i, ok := b.targets[target(c)]; ok && !extends(b.tails[i], c) {
			return false
		}
	}
	return true
}

// extends reports whether two commits to one aggregate can be one.
func extends[ID, Pos comparable, M any](a, b core.Commit[ID, Pos, M]) bool {
	return b.Unchecked && b.Entry == nil && a.Entry == nil && len(a.Events) > 0 && len(b.Events) > 0 &&
		a.CommandID == "" && b.CommandID == "" && reflect.DeepEqual(a.Metadata, b.Metadata)
}

func (b *batch[ID, Pos, M]) addOutputs(it *item[ID, Pos, M]) {
	own := make(map[any]bool) // two commits of one item to one aggregate are its fault
	for _, c := range it.outputs() {
		t := target(c)
		if i, ok := b.targets[t]; ok && !own[t] {
			b.tails[i].Events = slices.Concat(b.tails[i].Events, c.Events)
			b.tailOf[i] = append(b.tailOf[i], it)
			continue
		}
		own[t], b.targets[t] = true, len(b.tails)
		b.tails = append(b.tails, c)
		b.tailOf = append(b.tailOf, []*item[ID, Pos, M]{it})
	}
}

// close adds the entries of the partitions.
func (b *batch[ID, Pos, M]) close(w *Worker[ID, Pos, M]) error {
	for _, sh := range b.shares {
		sh.reached.Batch = b.id
		c, err := w.entryCommit(w.partitionKey(sh.number), entryCheckpoint, sh.partition.entry, sh.reached)
		if err != nil {
			return err
		}
		sh.entry = b.addHead(sh, c)
		var changes []timerChange
		var fired []string
		for _, it := range sh.items {
			changes = append(changes, it.out.timers...)
			if it.timer != nil {
				fired = append(fired, it.timer.id)
			}
		}
		if len(changes) == 0 && len(fired) == 0 {
			continue
		}
		sh.log = sh.timers.entry(changes, fired)
		data, err := json.Marshal(sh.log)
		if err != nil {
			return err
		}
		sh.logAt = b.addHead(sh, core.Commit[ID, Pos, M]{
			Expected: sh.timersAt, Entry: &core.Entry{Key: w.timersKey(sh.number), Kind: entryTimers, Data: data},
		})
	}
	return nil
}

func (b *batch[ID, Pos, M]) addHead(sh *batchPart[ID, Pos, M], c core.Commit[ID, Pos, M]) int {
	b.heads = append(b.heads, c)
	b.headOf = append(b.headOf, sh)
	return len(b.heads) - 1
}

// blame returns the items with the commit at an index.
func (b *batch[ID, Pos, M]) blame(index int) []*item[ID, Pos, M] {
	if index -= len(b.heads); index < 0 || index >= len(b.tailOf) {
		return nil
	}
	return b.tailOf[index]
}

// entryCheckpoint is the kind of a partition's entries.
const entryCheckpoint = "checkpoint"
