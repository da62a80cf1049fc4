package coretest_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestScenarioGoesOnFromWhatWasEmitted(t *testing.T) {
	coretest.Given(t, rooms).
		When(book{"ada", 1}).
		Then(booked{map[string]int{"ada": 1}}).
		When(book{"ada", 1}).
		ThenNothing().
		When(book{"bob", 0}).
		Then(booked{map[string]int{"bob": 0}}).
		When(book{"cyd", 0}).
		ThenRefused(errFull).
		When(book{"cyd", 0}).
		ThenRefusedWith("book for cyd").
		ThenState(room{guests: map[string]int{"ada": 1, "bob": 0}})
}

func TestHistoryMayHoldOldKindsOfEvents(t *testing.T) {
	coretest.Given(t, rooms, coretest.Raw{Kind: "room.reserved", JSON: `{"Guest":"ada"}`}, booked{map[string]int{"bob": 2}}).
		ThenState(coretest.Given(t, rooms, bookedV1{"ada"}, booked{map[string]int{"bob": 2}}).State()).
		ThenState(room{guests: map[string]int{"ada": 0, "bob": 2}}).
		When(book{"cyd", 0}).
		ThenRefused(errFull)
}

func TestThenCheckAndState(t *testing.T) {
	after := coretest.Given(t, rooms).
		When(book{"ada", 1}).
		ThenCheck(func(events []core.Event, err error) {
			require.NoError(t, err)
			require.Len(t, events, 1)
		})
	require.Len(t, after.State().guests, 1)
}

func TestScenarioCanBeTheBeginningOfSeveral(t *testing.T) {
	one := coretest.Given(t, rooms, bookedV1{"ada"})
	for range 2 {
		one.When(book{"bob", 1}).Then(booked{map[string]int{"bob": 1}})
		one.When(book{"cyd", 1}).Then(booked{map[string]int{"cyd": 1}})
	}
	one.ThenState(room{guests: map[string]int{"ada": 0}})
}

// State keeps the map of the first event and adds to it, as it may when events
// are decoded each time.
func TestStateIsNotSharedWithEvents(t *testing.T) {
	first := booked{map[string]int{"ada": 1}}
	s := coretest.Given(t, rooms, first, booked{map[string]int{"ada": 1}})
	s.State().guests["ada"] = 7
	s.ThenState(room{guests: map[string]int{"ada": 2}})
	require.Equal(t, map[string]int{"ada": 1}, first.Guests)
}

func TestEventsMayBeGivenByTheirAddress(t *testing.T) {
	coretest.Given(t, rooms, &bookedV1{"ada"}).
		When(emit(&booked{map[string]int{"bob": 1}})).
		Then(booked{map[string]int{"bob": 1}}).
		ThenState(room{guests: map[string]int{"ada": 0, "bob": 1}})
}

func TestTimesAreComparedByTheirMethod(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	coretest.Given(t, rooms).
		When(emit(extended{Until: noon.In(time.FixedZone("", 3600))})).
		Then(extended{Until: noon})
}

// Such state differs from itself, so nothing is said of the command.
func TestStateThatCannotBeComparedIsLeftAlone(t *testing.T) {
	type odd struct {
		f func()
		x float64
		p *odd
	}
	aggregate := core.DefineAggregate("odd", core.On(func(o *odd, _ left) { *o = odd{func() {}, math.NaN(), o} }))
	coretest.Given(t, aggregate, left{}).
		When(core.CommandFunc[odd](func(odd) ([]core.Event, error) { return nil, nil })).
		ThenNothing()
}
