package coretest_test

import (
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/projection"
)

// Popular counts how often something was added to a cart.
type Popular map[string]int

var popular = projection.Define("popular",
	projection.On(func(p *Popular, e core.Recorded[ItemAdded, string, uint64, core.NoMetadata]) { (*p)[e.Event.Name]++ }),
).WithInit(func() Popular { return Popular{} })

func ExampleGivenProjection() {
	var t printed // in a test of one's own, the t that the test is given
	one, other := core.Key[string]{Kind: "cart", ID: "C-1"}, core.Key[string]{Kind: "cart", ID: "C-2"}

	coretest.GivenProjection(t, popular).
		Events(one, ItemAdded{"tea"}, ItemAdded{"milk"}).
		Events(other, ItemAdded{"tea"}).
		ThenState(Popular{"tea": 2, "milk": 1}).
		Events(other, ItemAdded{"milk"}).
		ThenState(Popular{"tea": 2})
	// Output:
	// then: popular is in another state:
	//     ["milk"]: got 2, want none
}
