package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
)

// changed is an event of 200 bytes.
type changed struct{ Text string }

func (changed) EventKind() string { return "document.changed" }

var (
	event      = changed{strings.Repeat("0123456789", 19)}
	payload, _ = json.Marshal(event)
)

func key(id string) core.Key[string] { return core.Key[string]{Kind: "document", ID: id} }

// commits are commits of a number of events by a number of writers, each to a
// new aggregate.
func commits(ctx context.Context, w *world, events, writers int) (contest, error) {
	s, _, err := w.open(ctx)
	if err != nil {
		return contest{}, err
	}
	r, err := w.rival(ctx)
	if err != nil {
		return contest{}, err
	}
	list := make([]core.Event, events)
	for i := range list {
		list[i] = event
	}
	var ids atomic.Int64
	id := func() string { return fmt.Sprint("doc-", ids.Add(1)) }
	c := contest{name: fmt.Sprintf("commit of %s by %s, %s", number(events, "event"), number(writers, "writer"), w.name), raw: "js.PublishMsg"}
	publish := func(ctx context.Context, _, _ int) error { return r.publish(ctx, id()) }
	if events > 1 {
		c.raw = "an atomic batch for each commit"
		publish = func(ctx context.Context, _, _ int) error { return r.batch(ctx, id(), events) }
	}
	c.ours = func(ctx context.Context, round time.Duration) (sample, error) {
		return crowd(ctx, writers, round, func(ctx context.Context, _, _ int) error {
			_, err := s.CommitEventsOptimistic(ctx, key(id()), core.Version[uint64]{}, list, "ada")
			return err
		})
	}
	c.theirs = func(ctx context.Context, round time.Duration) (sample, error) {
		return crowd(ctx, writers, round, publish)
	}
	return c, nil
}

func number(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
