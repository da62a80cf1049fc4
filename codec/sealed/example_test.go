package sealed_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type signedUp struct {
	User  string `sealed:"subject"`
	Email string `sealed:"personal"`
	Name  string `sealed:"personal,erased=(forgotten)"`
	Plan  string
}

func (signedUp) EventKind() string { return "user.signed-up" }

var users = core.DefineAggregate("user", core.On(func(u *signedUp, e signedUp) { *u = e }))

// A test kit: keys in memory, a store in memory, and a key age that a test does not wait for.
func ExampleForgetter() {
	ctx := context.Background()
	c, err := sealed.New(new(sealed.MemoryKeys), sealed.Config{KeyAge: time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := memory.NewWithCodec[string, core.NoMetadata](c)
	repository := core.NewRepository(store, users)
	forgetter, err := sealed.NewForgetter(store, c, repository)
	if err != nil {
		fmt.Println(err)
		return
	}
	signUp := core.CommandFunc[signedUp](func(signedUp) ([]core.Event, error) {
		return []core.Event{signedUp{"u-1", "ada@example.com", "Ada", "free"}}, nil
	})
	if _, err := repository.Create(ctx, "u-1", signUp); err != nil {
		fmt.Println(err)
		return
	}
	before, _, err := repository.Load(ctx, "u-1")
	fmt.Printf("%+v %v\n", before, err)
	fmt.Println(forgetter.Forget(ctx, "u-1"))
	after, _, err := repository.Load(ctx, "u-1")
	fmt.Printf("%+v %v\n", after, err)
	// Output:
	// {User:u-1 Email:ada@example.com Name:Ada Plan:free} <nil>
	// <nil>
	// {User:u-1 Email: Name:(forgotten) Plan:free} <nil>
}

// A personal field without a subject is found when the program starts.
func ExampleCodec_Check() {
	type comment struct {
		Author string `sealed:"personal"`
		Text   string
	}
	c, err := sealed.New(new(sealed.MemoryKeys), sealed.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Check(signedUp{}, comment{}))
	// Output: cannot seal comment.Author of sealed_test.comment: no field is tagged as its subject
}
