package jetstream_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Concurrent commits share batches by themselves. One that is in conflict is
// refused alone.
func ExampleConfig_groupCommit() {
	ctx := context.Background()
	server, err := embedded.Start(embedded.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	// GroupCommitNever would send each by itself; the default finds out what is faster.
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{GroupCommit: jetstream.GroupCommitAlways})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	var all sync.WaitGroup
	var mu sync.Mutex
	recorded, conflicts := 0, 0 // startWithUsers by mu
	for i := range 101 {
		all.Go(func() {
			// The last is for the same new account as the one before.
			key := core.Key[string]{Kind: "account", ID: fmt.Sprint(min(i, 99))}
			_, err := core.CommitEventsOptimistic(ctx, store, key, core.Version[uint64]{}, []core.Event{opened{"ada"}, deposited{i}}, core.NoMetadata{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				conflicts++
				return
			}
			recorded++
		})
	}
	all.Wait()
	fmt.Println(recorded, "recorded,", conflicts, "in conflict")
	// Output: 100 recorded, 1 in conflict
}
