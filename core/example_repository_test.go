package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// Events are plain structs that name their kind.
type (
	ShelfBuilt  struct{ Capacity int }
	BooksPlaced struct{ Count int }
)

func (ShelfBuilt) EventKind() string  { return "shelf.built" }
func (BooksPlaced) EventKind() string { return "shelf.placed" }

// Shelf is the state that decisions are made on.
type Shelf struct{ Capacity, Books int }

var shelves = core.DefineAggregate("shelf",
	core.On(func(s *Shelf, e ShelfBuilt) { s.Capacity = e.Capacity }),
	core.On(func(s *Shelf, e BooksPlaced) { s.Books += e.Count }),
)

// Commands are values that look at the state and decide.
type (
	BuildShelf struct{ Capacity int }
	PlaceBooks struct{ Count int }
)

var ErrShelfFull = errors.New("shelf is full")

func (c BuildShelf) Handle(Shelf) ([]core.Event, error) {
	return []core.Event{ShelfBuilt(c)}, nil
}

func (c PlaceBooks) Handle(s Shelf) ([]core.Event, error) {
	if s.Books+c.Count > s.Capacity {
		return nil, fmt.Errorf("%d books and %d more: %w", s.Books, c.Count, ErrShelfFull)
	}
	return []core.Event{BooksPlaced(c)}, nil
}

// The verb says what must be there: Create nothing, Update something.
func ExampleRepository() {
	ctx := context.Background()
	repo := core.NewRepository(memory.New[string, core.NoMetadata](), shelves)

	fmt.Println(repo.Update(ctx, "S-1", PlaceBooks{Count: 7}))
	fmt.Println(repo.Create(ctx, "S-1", BuildShelf{Capacity: 10}))
	fmt.Println(repo.Update(ctx, "S-1", PlaceBooks{Count: 7}))

	_, err := repo.Update(ctx, "S-1", PlaceBooks{Count: 4})
	fmt.Println(err, errors.Is(err, ErrShelfFull))

	shelf, version, err := repo.Load(ctx, "S-1")
	fmt.Printf("%+v at %v %v\n", shelf, version, err)
	// Output:
	// none update shelf S-1: aggregate not found
	// 1 <nil>
	// 2 <nil>
	// update shelf S-1: 7 books and 4 more: shelf is full true
	// {Capacity:10 Books:7} at 2 <nil>
}
