package jetstream_test

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// An application at the edge, connected to a leaf node, keeps events there and commits
// to the store of the hub. Each domain has a prefix of its own.
func ExampleOpen_domain() {
	nc, err := nats.Connect("nats://edge7:4222")
	if err != nil {
		panic(err)
	}
	defer nc.Close()

	ctx := context.Background()
	local, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Prefix: "edge7"})
	if err != nil {
		panic(err)
	}
	defer local.Close()
	central, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Prefix: "hub", Domain: "hub", MustExist: true})
	if err != nil {
		panic(err)
	}
	defer central.Close()
}
