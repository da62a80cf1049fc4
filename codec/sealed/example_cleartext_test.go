package sealed_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// Joined is of the kind that is recorded since its fields are tagged.
type Joined struct {
	Member string `sealed:"subject"`
	Name   string `sealed:"personal,erased=(forgotten)"`
}

func (Joined) EventKind() string { return "member.joined.v2" }

func (Joined) EventHistory() core.History {
	return core.History{core.Was("member.joined", func(old joinedV1) Joined { return Joined(old) })}
}

// joinedV1 is what was recorded before, in clear text: its tags say so, and what a forgotten
// name reads as.
type joinedV1 struct {
	Member string `sealed:"subject"`
	Name   string `sealed:"personal,cleartext,erased=(forgotten)"`
}

// joinedOnce is the event as the first release had it.
type joinedOnce struct{ Member, Name string }

func (joinedOnce) EventKind() string { return "member.joined" }

// A field is tagged in the second release: the events of the first are read on, and their
// values read as erased when the member is forgotten. Forget says that the log has them still.
func Example_taggedLater() {
	ctx := context.Background()
	c, err := sealed.New(new(sealed.MemoryKeys), sealed.Config{KeyAge: time.Millisecond})
	if err != nil {
		panic(err)
	}
	store := memory.NewWithCodec[string, core.NoMetadata](c)
	join := func(id string, e core.Event) {
		key := core.Key[string]{Kind: "member", ID: id}
		if _, err := core.CommitEvents(ctx, store, key, []core.Event{e}, core.NoMetadata{}); err != nil {
			panic(err)
		}
	}
	join("M-1", joinedOnce{"M-1", "Ada Lovelace"}) // the first release
	join("M-2", Joined{"M-2", "Charles Babbage"})  // the second

	members := core.NewRepository(store, core.DefineAggregate("member", core.On(func(m *Joined, e Joined) { *m = e })))
	show := func() {
		for _, id := range []string{"M-1", "M-2"} {
			m, _, err := members.Load(ctx, id)
			if err != nil {
				panic(err)
			}
			fmt.Println(m)
		}
	}
	show()
	forgetter, err := sealed.NewForgetter(store, c, members)
	if err != nil {
		panic(err)
	}
	for _, id := range []string{"M-1", "M-2"} {
		if err := forgetter.Forget(ctx, id); err != nil {
			fmt.Println(err)
		}
	}
	show()
	// Output:
	// {M-1 Ada Lovelace}
	// {M-2 Charles Babbage}
	// forget subject "M-1": it was forgotten, but values of it are in clear text in events that were recorded before they were sealed: in 1
	// {M-1 (forgotten)}
	// {M-2 (forgotten)}
}
