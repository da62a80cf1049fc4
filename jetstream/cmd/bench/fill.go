package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	es "github.com/jetsource/jetsource/jetstream"
)

// The eight kinds of a filled stream's events.
type (
	change0 struct{ changed }
	change1 struct{ changed }
	change2 struct{ changed }
	change3 struct{ changed }
	change4 struct{ changed }
	change5 struct{ changed }
	change6 struct{ changed }
	change7 struct{ changed }
)

func kindOf(i int) string { return fmt.Sprint("document.change", i) }

func (change0) EventKind() string { return kindOf(0) }
func (change1) EventKind() string { return kindOf(1) }
func (change2) EventKind() string { return kindOf(2) }
func (change3) EventKind() string { return kindOf(3) }
func (change4) EventKind() string { return kindOf(4) }
func (change5) EventKind() string { return kindOf(5) }
func (change6) EventKind() string { return kindOf(6) }
func (change7) EventKind() string { return kindOf(7) }

const (
	kinds      = 8
	smallEach  = 10   // events of most aggregates
	largeEach  = 1000 // events of a few
	largeCount = 3

	singleCount = 500
)

// filled is a store with many aggregates of 10 events of 8 kinds, and a few of
// 1,000, the events of each as far apart as the stream allows.
type filled struct {
	w      *world
	size   int // in the stream, about
	cfg    es.Config
	store  *store
	js     jetstream.JetStream
	small  int // aggregates of 10
	events int // in all

	singles []uint64 // the positions of aggregates of one event, all over the stream
}

// ready fills the stream, the first time.
func (f *filled) ready(ctx context.Context) (err error) {
	if f.store != nil {
		return nil
	}
	if f.store, f.cfg, err = f.w.open(ctx); err != nil {
		return err
	}
	if f.js, err = jetstream.New(f.w.nc, jetstream.WithPublishAsyncMaxPending(4096)); err != nil {
		return err
	}
	last := make(map[string]int)
	publish := func(id string, kind int) error {
		f.events++
		_, err := f.js.PublishMsgAsync(&nats.Msg{
			Subject: fmt.Sprintf("%s.document/change%d.document.%s", f.cfg.Prefix, kind, id),
			Header: nats.Header{
				"Content-Type": {"application/json"},
				"Es-Commit":    {"C" + strconv.Itoa(f.events) + " 0 0/1 " + strconv.Itoa(last[id])},
				"Es-Metadata":  {`"ada"`},
			},
			Data: payload,
		}, jetstream.WithStallWait(time.Minute))
		last[id] = f.events
		return err
	}
	total, large := f.small*smallEach, 0
	for i := range total {
		if err := publish(small(i%f.small), (i/f.small+i%f.small)%kinds); err != nil {
			return err
		}
		if i%max(1, total/singleCount) == 0 {
			if err := publish(single(len(f.singles)), 0); err != nil {
				return err
			}
			f.singles = append(f.singles, uint64(f.events))
		}
		for ; large < largeEach*(i+1)/total; large++ {
			for n := range largeCount {
				if err := publish(fmt.Sprint("large-", n), large%kinds); err != nil {
					return err
				}
			}
		}
	}
	<-f.js.PublishAsyncComplete()
	v, err := f.store.LatestVersion(ctx)
	if want := core.At(uint64(f.events)); err == nil && v != want {
		err = fmt.Errorf("the stream is at %v, not at %v", v, want)
	}
	return err
}

// single is an aggregate of one event.
func single(i int) string { return fmt.Sprint("single-", i) }

func small(i int) string { return fmt.Sprint("doc-", i) }

// some is an aggregate of 10 events, another one for each i.
func (f *filled) some(i int) string { return small(i * 7919 % f.small) }

// load reads an aggregate that has so many events.
func (f *filled) load(ctx context.Context, id string, want int) error {
	n, k := 0, key(id)
	for _, err := range f.store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &k}) {
		if err != nil {
			return err
		}
		n++
	}
	return counted(n, want)
}

// consume reads subjects through an ordered consumer, and calls each with the
// data of what comes.
func (f *filled) consume(ctx context.Context, want int, each func(data []byte) error, subjects ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	consumer, err := f.js.OrderedConsumer(ctx, f.cfg.Stream, jetstream.OrderedConsumerConfig{FilterSubjects: subjects})
	if err != nil {
		return err
	}
	// It would linger for five minutes, and cost every publish a little.
	defer func() { _ = f.js.DeleteConsumer(ctx, f.cfg.Stream, consumer.CachedInfo().Name) }()
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	n := 0
	for ; n < want; n++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := each(m.Data()); err != nil {
			return err
		}
	}
	return counted(n, want)
}

func counted(n, want int) error {
	if n != want {
		return fmt.Errorf("read %d events, not %d", n, want)
	}
	return nil
}

func ignore([]byte) error { return nil }

func decode(data []byte) error {
	var e changed
	return json.Unmarshal(data, &e)
}

// reopen opens the store again after its server was restarted.
func (f *filled) reopen(ctx context.Context) (err error) {
	if f.store == nil {
		return nil
	}
	if f.store, err = es.Open[string, string](ctx, f.w.nc, f.cfg); err != nil {
		return err
	}
	f.js, err = jetstream.New(f.w.nc)
	return err
}
