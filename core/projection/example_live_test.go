package projection_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// A live projection follows the store while Run runs. Wait with the version that
// a command returned makes the next View show what the command did.
func ExampleLive() {
	ctx, stop := context.WithCancel(context.Background())
	orders := memory.New[string, core.NoMetadata]()
	live := projection.NewLive(orders, customers)
	ended := make(chan error)
	go func() { ended <- live.Run(ctx) }()

	place(orders, "O-1", "ada", "tea")
	version := place(orders, "O-2", "ada", "milk")
	if err := live.Wait(ctx, version); err != nil {
		fmt.Println(err)
	}
	live.View(func(c *Customers) { fmt.Println(c.Orders) })

	stop()
	fmt.Println(<-ended)
	// Output:
	// map[ada:2]
	// <nil>
}
