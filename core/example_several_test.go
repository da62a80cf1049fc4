package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// Books move from one shelf to another in one commit, or not at all. If either shelf
// changes in between, the function runs again.
func ExampleTransact() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, shelves)
	for _, id := range []string{"S-1", "S-2"} {
		if _, err := repo.Create(ctx, id, BuildShelf{Capacity: 10}); err != nil {
			fmt.Println(err)
			return
		}
	}
	move := func(count int) error {
		_, err := core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
			if err := repo.In(tx).Update(ctx, "S-1", PlaceBooks{Count: -count}); err != nil {
				return err
			}
			return repo.In(tx).Update(ctx, "S-2", PlaceBooks{Count: count})
		})
		return err
	}
	fmt.Println(move(3))
	err := move(8)
	fmt.Println(errors.Is(err, ErrShelfFull), err)
	shelf, version, err := repo.Load(ctx, "S-2")
	fmt.Println(shelf.Books, "at", version, err)
	// Output:
	// <nil>
	// true update shelf S-2: 3 books and 8 more: shelf is full
	// 3 at 4 <nil>
}

// What only was read is guarded, too: two librarians who each check that the other one
// stays cannot both leave, though they write to different aggregates.
func ExampleTransact_guard() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, shelves)
	for _, id := range []string{"ada", "bob"} {
		if _, err := repo.Create(ctx, id, BuildShelf{Capacity: 1}); err != nil {
			fmt.Println(err)
			return
		}
	}
	errAlone := errors.New("nobody else is here")
	leave := func(who, other string, meanwhile func()) error {
		_, err := core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
			there, _, err := repo.In(tx).Load(ctx, other)
			if err != nil || there.Books > 0 {
				return errors.Join(err, errAlone)
			}
			meanwhile()
			meanwhile = func() {}
			return repo.In(tx).Update(ctx, who, PlaceBooks{Count: 1})
		})
		return err
	}
	err := leave("ada", "bob", func() { fmt.Println("bob:", leave("bob", "ada", func() {})) })
	fmt.Println("ada:", err)
	// Output:
	// bob: <nil>
	// ada: nobody else is here
}
