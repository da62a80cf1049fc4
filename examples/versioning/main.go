// Versioning shows how events change over the years while what was recorded stays as it
// was: a kind that was renamed, a payload that changed twice, an event that became two,
// and one that is of no interest any more. An event tells its history once, and the
// aggregate and the read model see the events of today only. A field of the state was
// renamed as well, while there were snapshots of it: see state.go.
//
//	go run ./examples/versioning
//
// Read history.go for what was before. The files in testdata/events are payloads of
// every generation: they are what the program must be able to read for ever, and its
// test fails for a change that breaks one of them.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() { local.Main("versioning", run) }

func run(ctx context.Context, out io.Writer) error {
	return local.Run(ctx, func(nc *nats.Conn, store *jetstream.Store[string, core.NoMetadata]) error {
		snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1)})
		if err != nil {
			return fmt.Errorf("open snapshots: %w", err)
		}
		return story(ctx, store, snapshots, out)
	})
}

// recorded is an event as an older program recorded it.
type recorded struct {
	kind    string
	payload json.RawMessage
}

func (r recorded) EventKind() string             { return r.kind }
func (r recorded) MarshalJSON() ([]byte, error)  { return r.payload, nil }
func (r *recorded) UnmarshalJSON(b []byte) error { return r.payload.UnmarshalJSON(b) }

// past is what programs of former years recorded.
func past() []core.Event {
	return []core.Event{
		recorded{"customer.registered", []byte(`{"name":"Ada","address":"12 High Street, London"}`)},
		recorded{"customer.greeted", []byte(`{}`)},
		recorded{"customer.relocated", []byte(`{"street":"3 Mill Lane","city":"Oxford"}`)},
		recorded{"customer.moved", []byte(`{"address":"7 Quay, Bristol"}`)}, // by a server that was updated last
	}
}

// cities counts the moves to each city.
var cities = projection.Define("cities",
	projection.On(func(n *map[string]int, e core.Recorded[Moved, string, uint64, core.NoMetadata]) { (*n)[e.Event.City]++ }),
).WithInit(func() map[string]int { return make(map[string]int) })

func story(ctx context.Context, store core.EventStore[string, uint64, core.NoMetadata], snapshots core.SnapshotStore[string, uint64], out io.Writer) error {
	key := core.Key[string]{Kind: customer.Kind(), ID: "ada"}
	if _, err := core.CommitEvents(ctx, store, key, past(), core.NoMetadata{}); err != nil {
		return err
	}

	// What the program of today does with it.
	customers := core.NewRepository(store, customer)
	if _, err := customers.Update(ctx, "ada", Move{"8 Rue Bleue", "Paris", "FR"}); err != nil {
		return err
	}

	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	say("in the stream")
	for e, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &key}) {
		if err != nil {
			return err
		}
		say("  %d  %-19s  %s", e.Position, e.Kind, e.Data)
	}
	say("as the program sees it")
	for e, err := range customers.Events(ctx, "ada") {
		if err != nil {
			return err
		}
		say("  %d  %-19s  %v", e.Position, e.Event.EventKind(), e.Event)
	}
	then, _, err := customers.LoadAt(ctx, "ada", core.At(uint64(3)))
	if err != nil {
		return err
	}
	now, err := projection.Load(ctx, store, cities)
	if err != nil {
		return err
	}
	say("at version 3: %s, %v", then.Name, then.Addresses)
	say("moves to each city: %v", now)
	return snapshotStory(ctx, store, snapshots, say)
}
