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

// commits are the cases of commits to new aggregates.
func (b *bench) commits(ctx context.Context) error {
	for _, on := range []struct {
		replicas int
		lazy     bool
		events   []int
	}{{1, true, []int{1, 3, 10, 100}}, {1, false, []int{1, 3, 10, 100}}, {3, true, []int{1, 3, 10, 100}}, {3, false, []int{1, 3}}} {
		err := b.on(on.replicas, on.lazy, func(w *world) error {
			for _, events := range on.events {
				for _, writers := range []int{1, 8, 64} {
					if err := b.commit(ctx, w, events, writers); err != nil {
						return err
					}
				}
			}
			if err := b.commit(ctx, w, 1, 512); err != nil {
				return err
			}
			for _, writers := range []int{64, 512} {
				if on.replicas == 1 && on.lazy {
					break // commits of one event do not go together there
				}
				if err := b.ceiling(ctx, w, writers); err != nil {
					return err
				}
			}
			return b.unchecked(ctx, w)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ids gives each commit an aggregate of its own.
type ids struct{ atomic.Int64 }

func (n *ids) next() string { return fmt.Sprint("doc-", n.Add(1)) }

func (b *bench) commit(ctx context.Context, w *world, events, writers int) error {
	name := fmt.Sprintf("commit of %s by %s, %s", number(events, "event"), number(writers, "writer"), w.name)
	raw := "js.PublishMsg"
	if events > 1 {
		raw = "one atomic batch a commit"
	}
	return b.run(ctx, name, raw, rate, func() (ours, theirs side, err error) {
		s, r, err := w.both(ctx)
		if err != nil {
			return nil, nil, err
		}
		list := make([]core.Event, events)
		for i := range list {
			list[i] = event
		}
		var n ids
		ours = each(writers, func(ctx context.Context) error {
			_, err := core.CommitEventsOptimistic(ctx, s, key(n.next()), core.Version[uint64]{}, list, "ada")
			return err
		})
		theirs = each(writers, func(ctx context.Context) error {
			if events == 1 {
				return r.publish(ctx, n.next())
			}
			return r.batch(ctx, n.next(), events)
		})
		return ours, theirs, nil
	})
}

// ceiling tells how much of what the server takes in batches of one-event commits
// is reached by writers that each wait for their own.
func (b *bench) ceiling(ctx context.Context, w *world, writers int) error {
	name := fmt.Sprintf("commit of 1 event by %d writers in groups, %s", writers, w.name)
	return b.run(ctx, name, fmt.Sprintf("batches of %d, back to back", writers), rate, func() (ours, theirs side, err error) {
		s, r, err := w.both(ctx)
		var n ids
		list := []core.Event{event}
		ours = each(writers, func(ctx context.Context) error {
			_, err := core.CommitEventsOptimistic(ctx, s, key(n.next()), core.Version[uint64]{}, list, "ada")
			return err
		})
		theirs = func(ctx context.Context, round time.Duration) (sample, error) {
			got, err := each(1, func(ctx context.Context) error { return r.together(ctx, n.next(), writers) })(ctx, round)
			got.rate *= float64(writers)
			return got, err
		}
		return ours, theirs, err
	})
}

func (b *bench) unchecked(ctx context.Context, w *world) error {
	return b.run(ctx, "unchecked commit of 1 event by 1 writer, "+w.name, "js.PublishMsg", rate, func() (ours, theirs side, err error) {
		s, r, err := w.both(ctx)
		var n ids
		list := []core.Event{event}
		ours = each(1, func(ctx context.Context) error {
			_, err := core.CommitEvents(ctx, s, key(n.next()), list, "ada")
			return err
		})
		return ours, each(1, func(ctx context.Context) error { return r.publish(ctx, n.next()) }), err
	})
}

// each is a side on which a number of writers do something again and again.
func each(writers int, do func(ctx context.Context) error) side {
	return func(ctx context.Context, round time.Duration) (sample, error) { return crowd(ctx, writers, round, do) }
}

func number(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
