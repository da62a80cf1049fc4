package projection_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// A deadline bounds everything that can wait. Here it ends before the projection
// has the order, because nothing runs the projection; a web server then answers
// with the state as it is, and says so.
func ExampleLive_Wait_deadline() {
	orders := memory.New[string, core.NoMetadata]()
	live := projection.NewLive(orders, customers)
	version := place(orders, "O-1", "ada", "tea")

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := live.Wait(ctx, version)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// true
}
