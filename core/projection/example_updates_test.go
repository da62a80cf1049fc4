package projection_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// Updates tells of each move, for pushing the state to a browser. It begins with
// the state as it is; a loop that is slow misses moves, never the latest.
func ExampleLive_Updates() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	orders := memory.New[string, core.NoMetadata]()
	live := projection.NewLive(orders, customers)
	ended := make(chan error)
	go func() { ended <- live.Run(ctx) }()

	for version := range live.Updates(ctx) {
		live.View(func(c *Customers) { fmt.Println(version, c.Orders) })
		switch version {
		case core.Version[uint64]{}:
			place(orders, "O-1", "ada", "tea")
		case core.At[uint64](1):
			place(orders, "O-2", "bob", "tea")
		default:
			stop() // which ends the loop, too
		}
	}
	fmt.Println(<-ended)
	// Output:
	// none map[]
	// 1 map[ada:1]
	// 2 map[ada:1 bob:1]
	// <nil>
}
