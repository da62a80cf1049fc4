package main

import (
	"context"
	"fmt"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

const (
	smallEvents  = 10  // events of a small aggregate
	largeCount   = 3   // number of large aggregates
	singlesCount = 500 // number of aggregates of one event, about
)

// filledStream is a store with many small aggregates, three large ones and some
// 500 of one event. The events of an aggregate lie as far apart as the stream
// allows.
type filledStream struct {
	deployment *deployment
	size       int // events of the small aggregates; rows are named by it
	large      int // events of each large aggregate
	warm       int // small aggregates that are loaded in turn

	config  jetstream.Config
	store   *store // nil until fill
	js      natsjs.JetStream
	singles []uint64 // position of each aggregate of one event
}

// fill publishes the events, the first time it is called.
func (f *filledStream) fill(ctx context.Context) (err error) {
	if f.store != nil {
		return nil
	}
	f.config = f.deployment.newConfig()
	if f.store, err = f.deployment.open(ctx, f.config); err != nil {
		return err
	}
	if f.js, err = natsjs.New(f.deployment.conns[0], natsjs.WithPublishAsyncMaxPending(4096)); err != nil {
		return err
	}
	p := &filler{js: f.js, prefix: f.config.Prefix, last: make(map[string]int)}
	if err := f.publishAll(p); err != nil {
		return err
	}
	select {
	case <-f.js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	v, err := f.store.LatestVersion(ctx)
	if want := core.At(uint64(p.published)); err == nil && v != want {
		err = fmt.Errorf("the stream was filled to version %v, want %v", v, want)
	}
	return err
}

// publishAll interleaves the events of all aggregates.
func (f *filledStream) publishAll(p *filler) error {
	large, step := 0, max(1, f.size/singlesCount)
	for i := range f.size {
		n := i % f.smallCount()
		if err := p.publish(smallID(n), (i/f.smallCount()+n)%kinds); err != nil {
			return err
		}
		if i%step == 0 {
			if err := p.publish(singleID(len(f.singles)), 0); err != nil {
				return err
			}
			f.singles = append(f.singles, uint64(p.published))
		}
		for ; large < f.large*(i+1)/f.size; large++ {
			for n := range largeCount {
				if err := p.publish(largeID(n), large%kinds); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// reopen opens the store again after the servers were restarted.
func (f *filledStream) reopen(ctx context.Context) (err error) {
	if f.store == nil {
		return nil
	}
	if f.store, err = f.deployment.open(ctx, f.config); err != nil {
		return err
	}
	f.js, err = natsjs.New(f.deployment.conns[0])
	return err
}

func (f *filledStream) smallCount() int { return f.size / smallEvents }

// anySmall returns the id of a small aggregate, another one for each i up to
// their number. Neighbours do not follow each other.
func (f *filledStream) anySmall(i int) string { return smallID(i * 7919 % f.smallCount()) }

// warmSmall returns the id of one of the small aggregates that are loaded in turn.
func (f *filledStream) warmSmall(i int) string { return f.anySmall(i % f.warm) }

func smallID(i int) string  { return fmt.Sprint("doc-", i) }
func largeID(i int) string  { return fmt.Sprint("large-", i) }
func singleID(i int) string { return fmt.Sprint("single-", i) }
