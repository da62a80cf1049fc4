package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// loads are the cases of loads of one aggregate, in streams of several sizes,
// and of what a restart of the server costs.
func (b *bench) loads(ctx context.Context) error {
	return b.on(1, true, func(w *world) error {
		var streams []*filled
		for events := 1000; events <= b.events; events *= 10 {
			if events == 10_000 {
				continue
			}
			f := &filled{w: w, size: events, small: events / smallEach}
			streams = append(streams, f)
			if err := b.load(ctx, f); err != nil {
				return err
			}
		}
		most := streams[len(streams)-1]
		if err := b.compareSizes(ctx, streams[0], most); err != nil {
			return err
		}
		if err := b.besideLarge(ctx, most); err != nil {
			return err
		}
		if err := b.scans(ctx, streams[min(1, len(streams)-1)]); err != nil {
			return err
		}
		return b.restarted(ctx, w, streams)
	})
}

func (b *bench) load(ctx context.Context, f *filled) error {
	for _, each := range []int{smallEach, largeEach} {
		ours, id := f.tens(), f.warm
		if each == largeEach {
			id = func(i int) string { return fmt.Sprint("large-", i%largeCount) }
			ours = inTurn(func(ctx context.Context, i int) error { return f.load(ctx, id(i), each) })
		}
		err := b.run(ctx, fmt.Sprintf("load of %d events, %d in the stream", each, f.size), "ordered consumer, wildcard", latency, func() (_, theirs side, err error) {
			theirs = inTurn(func(ctx context.Context, i int) error {
				return f.consume(ctx, each, ignore, f.cfg.Prefix+".*.document."+id(i))
			})
			return ours, theirs, f.ready(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// warm is how many aggregates are loaded in turn where it is not the disk that is
// measured: a server keeps a block that was read, but not for long.
const warm = 20

func (f *filled) warm(i int) string { return f.some(i % warm) }

// inTurn is a side that does something to one after the other.
func inTurn(do func(ctx context.Context, i int) error) side {
	i := 0
	return oneByOne(func(ctx context.Context) error {
		i++
		return do(ctx, i)
	})
}

// tens is the side that loads aggregates of 10 events, each a first time before the
// clock runs.
func (f *filled) tens() side {
	load := func(ctx context.Context, i int) error { return f.load(ctx, f.warm(i), smallEach) }
	timed := inTurn(load)
	return func(ctx context.Context, round time.Duration) (sample, error) {
		for i := range warm {
			if err := load(ctx, i); err != nil {
				return sample{}, err
			}
		}
		return timed(ctx, round)
	}
}

// compareSizes tells how a load slows down as the stream grows.
func (b *bench) compareSizes(ctx context.Context, least, most *filled) error {
	return b.run(ctx, fmt.Sprintf("load of 10 events as the stream grows to %d", most.size), fmt.Sprintf("the same, %d in the stream", least.size), latency, func() (ours, theirs side, err error) {
		return most.tens(), least.tens(), errors.Join(most.ready(ctx), least.ready(ctx))
	})
}

// besideLarge tells what a load takes while large aggregates are loaded over the
// same connection.
func (b *bench) besideLarge(ctx context.Context, f *filled) error {
	return b.run(ctx, "load of 10 events while 2 loads of 1000 go on", "the same, nothing going on", latency, func() (ours, theirs side, err error) {
		theirs = f.tens()
		ours = func(ctx context.Context, round time.Duration) (sample, error) {
			busy, cancel := context.WithCancel(ctx)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = crowd(busy, 2, time.Hour, func(ctx context.Context) error { return f.load(ctx, "large-0", largeEach) })
			}()
			s, err := theirs(ctx, round)
			cancel()
			<-ended
			return s, err
		}
		return ours, theirs, f.ready(ctx)
	})
}

// restarted tells what the first load of an aggregate, and the first commit to
// it, cost once the server was restarted: each aggregate once, then all again.
func (b *bench) restarted(ctx context.Context, w *world, streams []*filled) error {
	for _, f := range slices.Compact([]*filled{streams[0], streams[len(streams)-1]}) {
		name := fmt.Sprintf("load of 10 events, %d in the stream, first after a restart", f.size)
		err := b.run(ctx, name, "the same loads again", latency, func() (ours, theirs side, err error) {
			ours, theirs = w.onceAndAgain(streams, func(ctx context.Context, i int) error {
				return f.load(ctx, f.some(i), smallEach)
			})
			return ours, theirs, f.ready(ctx)
		})
		if err != nil {
			return err
		}
		name = fmt.Sprintf("commit to an aggregate, %d in the stream, first after a restart", f.size)
		err = b.run(ctx, name, "another commit to it", latency, func() (ours, theirs side, err error) {
			versions := make(map[int]core.Version[uint64])
			ours, theirs = w.onceAndAgain(streams, func(ctx context.Context, i int) error {
				i = i * 211 % len(f.singles)
				at, known := versions[i]
				if !known {
					at = core.At(f.singles[i]) // as it was filled: nothing has been read
				}
				position, err := core.CommitEventsOptimistic(ctx, f.store, key(single(i)), at, []core.Event{change0{event}}, "ada")
				versions[i] = core.At(position)
				return err
			})
			return ours, theirs, f.ready(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// onceAndAgain makes two sides: the first restarts the servers, and does
// something to some aggregates; the second does it to the same ones.
func (w *world) onceAndAgain(streams []*filled, do func(ctx context.Context, i int) error) (once, again side) {
	const aggregates = 20
	begin := 0
	turn := func(ctx context.Context) (sample, error) {
		var took []time.Duration
		for i := range aggregates {
			start := time.Now()
			if err := do(ctx, begin+i); err != nil {
				return sample{}, err
			}
			took = append(took, time.Since(start))
		}
		return sample{each: median(took)}, nil
	}
	once = func(ctx context.Context, _ time.Duration) (sample, error) {
		begin += aggregates
		if err := w.restart(ctx, streams); err != nil {
			return sample{}, err
		}
		return turn(ctx)
	}
	return once, func(ctx context.Context, _ time.Duration) (sample, error) { return turn(ctx) }
}
