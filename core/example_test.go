package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type AccountOpened struct{ Owner string }

func (AccountOpened) EventKind() string { return "account.opened" }

// A command answers with the version it led to. The client sends it back with
// its next request, which then reads what the command wrote.
func ExampleVersion() {
	answer, _ := json.Marshal(map[string]core.Version[uint64]{"version": core.At(uint64(42))})
	fmt.Println(string(answer))

	var token core.Version[uint64]
	err := token.UnmarshalText([]byte("42"))
	fmt.Println(token, err)

	err = token.UnmarshalText([]byte("forty-two"))
	fmt.Println(token, err != nil)
	// Output:
	// {"version":42}
	// 42 <nil>
	// 42 true
}

func ExampleDecode() {
	ctx := context.Background()
	store := memory.New[string, string]()
	key := core.Key[string]{Kind: "account", ID: "ACC-001"}
	if _, err := core.CommitEvents(ctx, store, key, []core.Event{AccountOpened{"ada"}}, "from the counter"); err != nil {
		fmt.Println(err)
		return
	}
	for stored, err := range store.LoadEvents(ctx, core.Filter[string, uint64]{EventKind: "account.opened"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		event, err := core.Decode[AccountOpened](store, stored)
		fmt.Println(stored.Key, "opened by", event.Owner, stored.Metadata, err)
	}
	// Output: account ACC-001 opened by ada from the counter <nil>
}

func ExampleConflictError() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	key := core.Key[string]{Kind: "account", ID: "ACC-001"}
	open := func() error {
		_, err := core.CommitEventsOptimistic(ctx, store, key, core.Version[uint64]{}, []core.Event{AccountOpened{"ada"}}, core.NoMetadata{})
		return err
	}
	fmt.Println(open())
	err := open()
	fmt.Println(errors.Is(err, core.ErrConflict))
	if conflict, ok := errors.AsType[*core.ConflictError[uint64]](err); ok {
		fmt.Println("the account is at", conflict.Actual)
	}
	// Output:
	// <nil>
	// true
	// the account is at 1
}
