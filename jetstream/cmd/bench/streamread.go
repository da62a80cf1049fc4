package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
)

// load reads an aggregate with the library. It is an error if it has another
// number of events than want.
func (f *filledStream) load(ctx context.Context, id string, want int) error {
	k := key(id)
	return f.read(ctx, core.Filter[string, uint64]{Aggregate: &k}, want)
}

// read reads the events that match a filter with the library.
func (f *filledStream) read(ctx context.Context, filter core.Filter[string, uint64], want int) error {
	n := 0
	for _, err := range f.store.LoadEvents(ctx, filter) {
		if err != nil {
			return err
		}
		n++
	}
	return checkCount(n, want)
}

// consume reads the first events on some subjects, or all events if none are
// given, through an ordered consumer of nats.go, and calls each with their data.
func (f *filledStream) consume(ctx context.Context, want int, each func(data []byte) error, subjects ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	consumer, err := f.js.OrderedConsumer(ctx, f.config.Stream, natsjs.OrderedConsumerConfig{FilterSubjects: subjects})
	if err != nil {
		return err
	}
	// The server would keep it for five minutes, and every publish would cost more.
	defer func() { _ = f.js.DeleteConsumer(ctx, f.config.Stream, consumer.CachedInfo().Name) }()
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for range want {
		m, err := messages.Next(natsjs.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := each(m.Data()); err != nil {
			return err
		}
	}
	return nil
}

// subject matches the events of one kind.
func (f *filledStream) subject(kind int) string {
	return fmt.Sprintf("%s.document/change%d.*.*", f.config.Prefix, kind)
}

// countKinds counts the events of the first kinds.
func (f *filledStream) countKinds(ctx context.Context, first int) (n int, err error) {
	for e, err := range f.store.LoadEvents(ctx, core.Filter[string, uint64]{}) {
		if err != nil {
			return 0, err
		}
		if int(e.Kind[len(e.Kind)-1]-'0') < first {
			n++
		}
	}
	return n, nil
}

func checkCount(n, want int) error {
	if n != want {
		return fmt.Errorf("read %d events, want %d", n, want)
	}
	return nil
}

func ignore([]byte) error { return nil }

func decode(data []byte) error {
	var e changed
	return json.Unmarshal(data, &e)
}
