package jetstream_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Author was recorded beside each event at first.
type Author struct{ Number int }

// Origin is recorded today.
type Origin struct{ User, Service string }

// MetadataHistory tells what was recorded before. Without it, old events would come with
// a MetadataErr: see [core.Envelope].
func (Origin) MetadataHistory() core.MetadataHistory[Origin] {
	return core.MetadataHistory[Origin]{Was: []core.MetadataPast{
		core.MetadataWas(func(old Author) Origin { return Origin{fmt.Sprint("clerk-", old.Number), "counter"} }),
	}}
}

// A program changes the type of its metadata. The new type tells what it was.
func ExampleOpen_changedMetadata() {
	srv, err := embedded.Start(embedded.Config{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	ctx := context.Background()
	key := core.Key[string]{Kind: "account", ID: "ACC-001"}

	before, err := jetstream.Open[string, Author](ctx, nc, jetstream.Config{})
	if err != nil {
		panic(err)
	}
	defer before.Close()
	if _, err := core.CommitEvents(ctx, before, key, []core.Event{AccountOpened{"ada"}}, Author{7}); err != nil {
		panic(err)
	}

	after, err := jetstream.Open[string, Origin](ctx, nc, jetstream.Config{})
	if err != nil {
		panic(err)
	}
	defer after.Close()
	if _, err := core.CommitEvents(ctx, after, key, []core.Event{FundsDeposited{5}}, Origin{"bob", "web"}); err != nil {
		panic(err)
	}
	for e, err := range after.LoadEvents(ctx, core.Filter[string, uint64]{Aggregate: &key}) {
		if err == nil {
			err = e.MetadataErr // before e.Metadata is used
		}
		if err != nil {
			panic(err)
		}
		fmt.Println(e.Kind, "by", e.Metadata.User, "at", e.Metadata.Service)
	}
	// Output:
	// account.opened by clerk-7 at counter
	// account.deposited by bob at web
}
