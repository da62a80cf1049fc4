package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// A repository with a cache decides on what it keeps, and commits at once. What
// another one has done in between is noticed by the commit, and read.
func ExampleRepository_WithCache() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	kept := core.Cache[Shelf]{Size: 10_000, Copy: codec.Copier[Shelf](codec.JSON)}
	repo := core.NewRepository(store, shelves).WithCache(kept)
	other := core.NewRepository(store, shelves)

	fmt.Println(repo.Create(ctx, "S-1", BuildShelf{Capacity: 10}))
	fmt.Println(repo.Update(ctx, "S-1", PlaceBooks{Count: 4})) // nothing is read
	fmt.Println(other.Update(ctx, "S-1", PlaceBooks{Count: 5}))
	fmt.Println(repo.Update(ctx, "S-1", PlaceBooks{Count: 1})) // what is new is read
	_, err := repo.Update(ctx, "S-1", PlaceBooks{Count: 1})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
	// 4 <nil>
	// update shelf S-1: 10 books and 1 more: shelf is full
}
