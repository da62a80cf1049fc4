package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// A temperature was once recorded in Fahrenheit. That event is still there, and
// its type stays in the program, with the kind that it was recorded as.
type (
	MeasuredFahrenheit struct{ Degrees float64 }
	Measured           struct{ Celsius float64 }
)

func (MeasuredFahrenheit) EventKind() string { return "room.measured" }
func (Measured) EventKind() string           { return "room.measured.celsius" }

// EventHistory tells what a measurement was before, once for all that read it.
func (Measured) EventHistory() core.History {
	return core.History{core.Was("room.measured", toCelsius)}
}

type Room struct{ Celsius []float64 }

func toCelsius(old MeasuredFahrenheit) Measured {
	return Measured{Celsius: (old.Degrees - 32) / 1.8}
}

// The room knows the new event only.
var rooms = core.DefineAggregate("room",
	core.On(func(r *Room, e Measured) { r.Celsius = append(r.Celsius, e.Celsius) }),
)

func ExampleHistory() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	key := core.Key[string]{Kind: "room", ID: "R-1"}
	if _, err := core.CommitEvents(ctx, store, key, []core.Event{MeasuredFahrenheit{68}, Measured{21}}, core.NoMetadata{}); err != nil {
		fmt.Println(err)
		return
	}
	room, _, err := core.NewRepository(store, rooms).Load(ctx, "R-1")
	fmt.Println(room.Celsius, err)
	// Output: [20 21] <nil>
}
