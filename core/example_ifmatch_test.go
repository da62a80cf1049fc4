package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// ErrPrecondition is what a web server answers with status 412.
var ErrPrecondition = errors.New("the shelf has changed")

// placeIfMatch places books on a shelf that is exactly at a version, as an HTTP
// client asks for with If-Match. It loads, decides and commits at that version, and
// does not retry.
func placeIfMatch(ctx context.Context, store *memory.Store[string, core.NoMetadata], id string, match core.Version[uint64], cmd PlaceBooks) (core.Version[uint64], error) {
	shelf, version, err := core.NewRepository(store, shelves).Load(ctx, id)
	if err != nil {
		return version, err
	}
	if version != match {
		return version, ErrPrecondition
	}
	events, err := cmd.Handle(shelf)
	if err != nil {
		return version, err
	}
	key := core.Key[string]{Kind: shelves.Kind(), ID: id}
	position, err := core.CommitEventsOptimistic(ctx, store, key, match, events, core.NoMetadata{})
	if errors.Is(err, core.ErrConflict) {
		return version, ErrPrecondition
	}
	return core.At(position), err
}

// A version is a token: the client gets it as an ETag, and sends it back.
func ExampleVersion_ifMatch() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	version, err := core.NewRepository(store, shelves).Create(ctx, "S-1", BuildShelf{Capacity: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	etag, err := version.MarshalText()
	fmt.Printf("%s %v\n", etag, err)

	var match core.Version[uint64]
	fmt.Println(match.UnmarshalText(etag))
	fmt.Println(placeIfMatch(ctx, store, "S-1", match, PlaceBooks{Count: 3}))
	fmt.Println(placeIfMatch(ctx, store, "S-1", match, PlaceBooks{Count: 3}))
	// Output:
	// 1 <nil>
	// <nil>
	// 2 <nil>
	// 2 the shelf has changed
}
