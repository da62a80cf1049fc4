package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// A version is a token: the client gets it as an ETag, and sends it back as If-Match.
// A web server answers the conflict with status 412.
func ExampleRepository_UpdateAt() {
	ctx := context.Background()
	repo := core.NewRepository(memory.New[string, core.NoMetadata](), shelves)
	version, err := repo.Create(ctx, "S-1", BuildShelf{Capacity: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	etag, err := version.MarshalText()
	fmt.Printf("%s %v\n", etag, err)

	var match core.Version[uint64]
	fmt.Println(match.UnmarshalText(etag))
	fmt.Println(repo.UpdateAt(ctx, "S-1", match, PlaceBooks{Count: 3}))
	_, err = repo.UpdateAt(ctx, "S-1", match, PlaceBooks{Count: 3})
	fmt.Println(errors.Is(err, core.ErrConflict), err)
	// Output:
	// 1 <nil>
	// <nil>
	// 2 <nil>
	// true update shelf S-1: version conflict: expected 1, aggregate is at 2
}
