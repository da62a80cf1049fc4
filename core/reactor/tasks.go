package reactor

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/progress"
)

// tasks are the goroutines of a session. The first error ends all of them.
type tasks struct {
	wg   sync.WaitGroup
	fail context.CancelCauseFunc
}

// run runs a task. One that ends by a panic or runtime.Goexit ends the session.
func (t *tasks) run(task func() error) {
	t.wg.Go(func() {
		err := core.Final(progress.ErrUnwound)
		defer func() {
			if err != nil {
				t.fail(err)
			}
		}()
		err = task()
	})
}
