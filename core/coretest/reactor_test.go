package coretest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// wake is the timer of a guest that booked, and woken what becomes of it.
type (
	wake  struct{ Guest string }
	woken struct{ Guest string }
)

func (wake) EventKind() string  { return "room.wake" }
func (woken) EventKind() string { return "room.woken" }

// concierge wakes each guest an hour after the booking.
func concierge(effects *coretest.Effects) *reactor.Reactor[string, uint64, string] {
	return reactor.Define("concierge",
		reactor.On(func(ctx context.Context, e inRoom[bookedV1]) error {
			if e.Event.Guest == "" {
				return errors.New("nobody")
			}
			return reactor.SetTimer(ctx, "wake", e.Time.Add(time.Hour), wake{e.Event.Guest})
		}),
		reactor.Due(func(_ context.Context, e inRoom[wake]) ([]core.Commit[string, uint64, string], error) {
			effects.Add("a call to %s", e.Event.Guest)
			return []core.Commit[string, uint64, string]{{Key: core.Key[string]{Kind: "call", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{woken(e.Event)}}}, nil
		}),
	)
}

func TestReactorIsGivenEventsAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		effects := new(coretest.Effects)
		room, call := core.Key[string]{Kind: "room", ID: "12"}, core.Key[string]{Kind: "call", ID: "12"}
		coretest.GivenReactor(t, memory.New[string, string](), concierge(effects)).
			When(room, bookedV1{Guest: "ada"}).ThenNothing().ThenTimers("wake of room 12").
			Passes(59*time.Minute).ThenNothing().ThenEffects(effects).
			Passes(time.Minute).Then(call, woken{"ada"}).ThenNothing().ThenTimers().ThenEffects(effects, "a call to ada").
			Given(room, bookedV1{Guest: "bob"}).ThenNothing().
			Passes(24*time.Hour).Then(call, woken{"bob"}).
			Passes(10 * 365 * 24 * time.Hour).ThenNothing()
	})
}

func TestReactorThatDoesOtherwiseFailsTheTest(t *testing.T) {
	room, call := core.Key[string]{Kind: "room", ID: "12"}, core.Key[string]{Kind: "call", ID: "12"}
	for want, check := range map[string]func(*coretest.ReactorScenario[string, string], *coretest.Effects){
		"then: the reactor has made no commit, want one to call 12": func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.Passes(time.Minute).Then(call, woken{"ada"})
		},
		"then: the reactor has made a commit to call 12, with a room.woken, want none": func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.Passes(time.Hour).ThenNothing()
		},
		"want \"bob\"": func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.Passes(time.Hour).Then(call, woken{"bob"})
		},
		"it is to call 12, want to room 12": func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.Passes(time.Hour).Then(room, woken{"ada"})
		},
		`the timers are ["wake of room 12"], want []`: func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.ThenTimers()
		},
		`the effects are ["a call to ada"], want []`: func(s *coretest.ReactorScenario[string, string], e *coretest.Effects) {
			s.Passes(time.Hour).ThenEffects(e)
		},
		"the worker has ended: reactor concierge": func(s *coretest.ReactorScenario[string, string], _ *coretest.Effects) {
			s.When(room, bookedV1{})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			text, _ := failure(t, func(t testing.TB) {
				effects := new(coretest.Effects)
				check(coretest.GivenReactor(t, memory.New[string, string](), concierge(effects)).When(room, bookedV1{Guest: "ada"}), effects)
			})
			require.Contains(t, text, want)
		})
	}
}
