package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// Books move from one shelf to another in one commit, or not at all. Both
// decisions hold for the versions that were loaded: if either shelf has changed,
// nothing is written.
func ExampleCommit_several() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, shelves)
	for _, id := range []string{"S-1", "S-2"} {
		if _, err := repo.Create(ctx, id, BuildShelf{Capacity: 10}); err != nil {
			fmt.Println(err)
			return
		}
	}
	decide := func(id string, cmd PlaceBooks) (c core.Commit[string, uint64, core.NoMetadata], err error) {
		shelf, version, err := repo.Load(ctx, id)
		if err != nil {
			return c, err
		}
		c.Key, c.Expected = core.Key[string]{Kind: shelves.Kind(), ID: id}, version
		c.Events, err = cmd.Handle(shelf)
		return c, err
	}
	from, err := decide("S-1", PlaceBooks{Count: -3})
	to, err2 := decide("S-2", PlaceBooks{Count: 3})
	fmt.Println(errors.Join(err, err2))

	committed, err := store.Commit(ctx, from, to)
	fmt.Println(committed[0].Position, committed[1].Position, err)
	_, err = store.Commit(ctx, from, to) // decided on versions that are old by now
	fmt.Println(err)
	// Output:
	// <nil>
	// 3 4 <nil>
	// commit 1 of 2, to shelf S-1: version conflict: expected 1, aggregate is at 3
}
