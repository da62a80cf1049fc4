package coretest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/projection"
)

// guestbook holds the guests, and the metadata of their bookings.
type guestbook struct {
	Guests map[string]int
	Words  []string
	Last   time.Time
}

type inRoom[E core.Event] = core.Recorded[E, string, uint64, string]

var guests = projection.Define("guestbook",
	projection.On((*guestbook).booked),
	projection.On(func(g *guestbook, e inRoom[extended]) { g.Last = e.Time }),
)

// booked keeps the map of the event, which is safe with what was decoded.
func (g *guestbook) booked(e inRoom[booked]) {
	if g.Guests == nil {
		g.Guests = e.Event.Guests
	} else {
		for guest, others := range e.Event.Guests {
			g.Guests[guest] += others
		}
	}
	g.Words = append(g.Words, e.Metadata+" "+e.Key.ID)
}

func TestProjectionFoldsWhatIsGiven(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	first := booked{map[string]int{"ada": 1}}
	one := coretest.GivenProjection(t, guests).
		ThenState(guestbook{}).
		Events(roomKey("1"), first, left{"ada"}).
		EventsWith(roomKey("2"), "bob", bookedV1{"cyd"}, &booked{map[string]int{"ada": 2}}).
		ThenState(guestbook{Guests: map[string]int{"ada": 3, "cyd": 0}, Words: []string{" 1", "bob 2", "bob 2"}})
	var later inRoom[core.Event]
	later.Key, later.Time, later.Event = roomKey("1"), noon, extended{}
	one.Recorded(later).ThenState(guestbook{Guests: map[string]int{"ada": 3, "cyd": 0}, Words: []string{" 1", "bob 2", "bob 2"}, Last: noon})
	require.True(t, one.State().Last.IsZero(), "one has not changed")
	require.Equal(t, map[string]int{"ada": 1}, first.Guests)
}

func TestProjectionOfSomeAggregatesIsGivenAll(t *testing.T) {
	coretest.GivenProjection(t, guests.Of(roomKey("2"))).
		Events(roomKey("1"), booked{map[string]int{"ada": 1}}).
		Events(roomKey("2"), booked{map[string]int{"bob": 2}}).
		ThenState(guestbook{Guests: map[string]int{"bob": 2}, Words: []string{" 2"}})
}

func TestPositionsAreNumbered(t *testing.T) {
	type positions []uint64
	p := projection.Define("positions", projection.On(func(p *positions, e inRoom[left]) { *p = append(*p, e.Position) }))
	given := inRoom[core.Event]{Event: left{}}
	given.Position = 70
	coretest.GivenProjection(t, p).
		Events(roomKey("1"), left{}, left{}).
		Recorded(given).
		Events(roomKey("1"), left{}).
		ThenState(positions{1, 2, 70, 4})
}

func TestEventThatDoesNotDecodeIsRefused(t *testing.T) {
	coretest.GivenProjection(t, guests).
		Events(roomKey("1"), coretest.Raw{Kind: "room.booked", JSON: `{"Guests":{"ada":1}}`}).
		ThenState(guestbook{Guests: map[string]int{"ada": 1}, Words: []string{" 1"}}).
		Events(roomKey("1"), coretest.Raw{Kind: "room.booked", JSON: `[]`}).
		ThenRefused(nil).
		ThenRefused(func(err error) {
			fault, ok := errors.AsType[*core.DecodeError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, "2", fault.Position)
		})
}

func TestProjectionKitFailsWhenItShould(t *testing.T) {
	given := func(t testing.TB) *coretest.ProjectionScenario[guestbook, string, uint64, string] {
		return coretest.GivenProjection(t, guests).Events(roomKey("1"), booked{map[string]int{"ada": 1}})
	}
	panics := func(t testing.TB) *coretest.ProjectionScenario[guestbook, string, uint64, string] {
		unlucky := projection.Define("unlucky", projection.On(func(*guestbook, inRoom[booked]) { panic("unlucky") }))
		return coretest.GivenProjection(t, unlucky).Events(roomKey("1"), booked{map[string]int{"ada": 1}})
	}
	cases := map[string]struct {
		test func(testing.TB)
		want string
	}{
		"another state": {
			func(t testing.TB) {
				given(t).ThenState(guestbook{Guests: map[string]int{"ada": 2, "bob": 1}, Words: []string{" 2"}})
			},
			`then: guestbook is in another state:
    Guests["ada"]: got 1, want 2
    Guests["bob"]: got none, want 1
    Words[0]: got " 1", want " 2"`,
		},
		"an event that does not decode": {
			func(t testing.TB) {
				given(t).Events(roomKey("1"), coretest.Raw{Kind: "room.booked", JSON: `[]`}).ThenState(guestbook{})
			},
			"state: load projection guestbook: decode event at 2 (room.booked of room 1): ",
		},
		"an event that is not what its kind says": {
			func(t testing.TB) {
				e := inRoom[core.Event]{Event: left{"ada"}}
				e.Kind = "room.booked"
				given(t).Recorded(e).State()
			},
			"event room.booked is a coretest_test.left, not a coretest_test.booked",
		},
		"an event that is nil": {
			func(t testing.TB) { given(t).Events(roomKey("1"), left{}, nil) },
			"given: encode event 2: event is nil",
		},
		"a handler that panics": {
			func(t testing.TB) { panics(t).State() },
			"load projection unlucky: handle event at 1 (room.booked of room 1): panic: unlucky\ngoroutine ",
		},
		"a handler that panics, which is no refusal": {
			func(t testing.TB) { panics(t).ThenRefused(nil) },
			"load projection unlucky: handle event at 1 (room.booked of room 1): panic: unlucky\ngoroutine ",
		},
		"nothing is refused": {
			func(t testing.TB) { given(t).ThenRefused(nil) },
			"then: guestbook took all events, and came to {Guests:map[ada:1]",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text, line := failure(t, c.test)
			require.Contains(t, text, c.want)
			require.Contains(t, line, "projection_test.go:")
		})
	}
}
