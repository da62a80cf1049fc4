package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type SeatTaken struct{ Number int }

func (SeatTaken) EventKind() string { return "hall.taken" }

type Hall struct{ Taken int }

var halls = core.DefineAggregate("hall",
	core.On(func(h *Hall, e SeatTaken) { h.Taken = e.Number }),
)

// TakeSeat takes the next seat. Meanwhile is what happens between the load and
// the commit: the command sees one hall, the store has another.
type TakeSeat struct{ Meanwhile func() }

func (c TakeSeat) Handle(h Hall) ([]core.Event, error) {
	if c.Meanwhile != nil {
		c.Meanwhile()
	}
	fmt.Println("deciding for seat", h.Taken+1)
	return []core.Event{SeatTaken{Number: h.Taken + 1}}, nil
}

// Of two writers who saw the same hall, the second is refused. With retries it
// loads the hall again, and decides again.
func ExampleRepository_WithRetries() {
	ctx := context.Background()
	repo := core.NewRepository(memory.New[string, core.NoMetadata](), halls)
	faster := func(once *bool) func() {
		return func() {
			if !*once {
				*once = true
				_, _ = repo.Upsert(ctx, "H-1", TakeSeat{})
			}
		}
	}

	_, err := repo.Upsert(ctx, "H-1", TakeSeat{Meanwhile: faster(new(bool))})
	fmt.Println(err)

	v, err := repo.WithRetries(3).Upsert(ctx, "H-1", TakeSeat{Meanwhile: faster(new(bool))})
	fmt.Println(v, err)
	// Output:
	// deciding for seat 1
	// deciding for seat 1
	// upsert hall H-1: version conflict: expected no events, aggregate is at 1
	// deciding for seat 2
	// deciding for seat 2
	// deciding for seat 3
	// 3 <nil>
}
