package coretest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

func TestKitFailsWhenItShould(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	ada := booked{map[string]int{"ada": 1}}
	cases := map[string]struct {
		test func(testing.TB)
		want string
	}{
		"another field": {
			func(t testing.TB) {
				coretest.Given(t, rooms).When(emit(noted{"ada"}, noted{"bob"})).Then(noted{"ada"}, noted{"cyd"})
			},
			`emitted other events than wanted:
    event 1: room.noted
        Guest: got "bob", want "cyd"`,
		},
		"deep inside": {
			func(t testing.TB) {
				coretest.Given(t, rooms).
					When(emit(extended{noon, &reason{[]string{"a", "b"}, 1}}, booked{map[string]int{"ada": 1, "bob": 2}})).
					Then(extended{noon.Add(1), &reason{[]string{"a", "c"}, 2}}, booked{map[string]int{"cyd": 3, "bob": 4}})
			},
			`emitted other events than wanted:
    event 0: room.extended
        Until: got 2026-01-01 12:00:00 +0000 UTC, want 2026-01-01 12:00:00.000000001 +0000 UTC
        Why.Words[1]: got "b", want "c"
        Why.Depth: got 1, want 2
    event 1: room.booked
        Guests["ada"]: got 1, want none
        Guests["bob"]: got 2, want 4
        Guests["cyd"]: got none, want 3`,
		},
		"another shape": {
			func(t testing.TB) {
				coretest.Given(t, rooms).
					When(emit(extended{Why: &reason{Words: []string{}}}, extended{}, booked{}, extended{Why: &reason{Words: []string{"a"}}})).
					Then(extended{Why: &reason{}}, extended{Why: &reason{}}, booked{map[string]int{}}, extended{Why: &reason{Words: []string{"a", "b"}}})
			},
			`emitted other events than wanted:
    event 0: room.extended
        Why.Words: got [], want nil
    event 1: room.extended
        Why: got nil, want &{Words:[] Depth:0}
    event 2: room.booked
        Guests: got nil, want map[]
    event 3: room.extended
        Why.Words: got [a], want [a b]`,
		},
		"another event": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(ada)).Then(bookedV1{"ada"}) },
			`emitted other events than wanted:
    event 0: got room.booked {Guests:map[ada:1]}, want room.reserved {Guest:ada}`,
		},
		"an event too many": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(noted{"ada"}, ada)).Then(noted{"ada"}) },
			`emitted other events than wanted:
    event 1: got room.booked {Guests:map[ada:1]}, want no more`,
		},
		"an event too few": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit()).Then(ada) },
			`emitted other events than wanted:
    event 0: got none, want room.booked {Guests:map[ada:1]}`,
		},
		"an event for nothing": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(ada)).ThenNothing() },
			`event 0: got room.booked {Guests:map[ada:1]}, want no more`,
		},
		"refused": {
			func(t testing.TB) { coretest.Given(t, rooms, full()...).When(book{"cyd", 0}).Then(ada) },
			`when coretest_test.book: refused: book for cyd: the room is full`,
		},
		"not refused": {
			func(t testing.TB) { coretest.Given(t, rooms).When(book{"ada", 1}).ThenRefused(errFull) },
			`when coretest_test.book: was not refused, and emitted 1 events:
    event 0: room.booked {Guests:map[ada:1]}`,
		},
		"neither refused nor anything": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit()).ThenRefusedWith("full") },
			`was not refused, and emitted 0 events`,
		},
		"refused for another reason": {
			func(t testing.TB) {
				coretest.Given(t, rooms, full()...).When(book{"cyd", 0}).ThenRefused(core.ErrExists)
			},
			`refused for another reason:
    got  book for cyd: the room is full
    want aggregate already exists`,
		},
		"refused with another text": {
			func(t testing.TB) { coretest.Given(t, rooms, full()...).When(book{"cyd", 0}).ThenRefusedWith("empty") },
			`refused for another reason:
    got  book for cyd: the room is full
    want empty`,
		},
		"another state": {
			func(t testing.TB) {
				coretest.Given(t, rooms, ada).ThenState(room{guests: map[string]int{"ada": 2}, until: noon})
			},
			`then: room is in another state:
    guests["ada"]: got 1, want 2
    until.`,
		},
		"an event without handler": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(left{"ada"})) },
			`when core.CommandFunc[github.com/jetsource/jetsource/core/coretest_test.room]: aggregate room: event has no handler: room.left`,
		},
		"an event that is nil": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(nil)) },
			`event has no handler: nil`,
		},
		"an old event": {
			func(t testing.TB) { coretest.Given(t, rooms).When(emit(bookedV1{"ada"})) },
			`aggregate room: event has no handler: room.reserved`,
		},
		"a history that is nil": {
			func(t testing.TB) { coretest.Given(t, rooms, booked{}, (*booked)(nil)) },
			`given: encode event 1: event is a nil *coretest_test.booked, and events are values: write coretest_test.booked{...}`,
		},
		"an old payload that does not decode": {
			func(t testing.TB) { coretest.Given(t, rooms, coretest.Raw{Kind: "room.reserved", JSON: `{"Guest":7}`}) },
			`given: json: cannot unmarshal number into Go struct field`,
		},
		"a history without handler": {
			func(t testing.TB) { coretest.Given(t, rooms, left{"ada"}) },
			`given: aggregate room: event has no handler: room.left`,
		},
		"an event that is not what its kind says": {
			func(t testing.TB) { coretest.Given(t, rooms, impostor{}) },
			`given: event room.booked is a coretest_test.impostor, not a coretest_test.booked`,
		},
		"a command that is not pure": {
			func(t testing.TB) {
				coretest.Given(t, rooms, ada).When(core.CommandFunc[room](func(r room) ([]core.Event, error) {
					r.guests["ada"]++
					return nil, errFull
				})).ThenRefused(errFull)
			},
			`the command changed the state that it was given:
    guests["ada"]: got 2, want 1`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text, _ := failure(t, c.test)
			require.Contains(t, text, c.want)
		})
	}
}

// impostor says that it is another kind of event.
type impostor struct{}

func (impostor) EventKind() string { return "room.booked" }

func full() []core.Event {
	return []core.Event{booked{map[string]int{"ada": 1, "bob": 1}}}
}

func TestFailuresPointAtTheLineOfTheTest(t *testing.T) {
	_, line := failure(t, func(t testing.TB) { coretest.Given(t, rooms, left{"ada"}) })
	require.Equal(t, here(-1), line)
	_, line = failure(t, func(t testing.TB) {
		s := coretest.Given(t, rooms)
		s.When(emit(left{"ada"}))
	})
	require.Equal(t, here(-2), line)

	answer := func(t testing.TB) *coretest.Outcome[room] { return coretest.Given(t, rooms).When(book{"ada", 1}) }
	_, line = failure(t, func(t testing.TB) { answer(t).Then() })
	require.Equal(t, here(-1), line)
	_, line = failure(t, func(t testing.TB) { answer(t).ThenNothing() })
	require.Equal(t, here(-1), line)
	_, line = failure(t, func(t testing.TB) { answer(t).ThenRefused(errFull) })
	require.Equal(t, here(-1), line)
	_, line = failure(t, func(t testing.TB) { answer(t).ThenRefusedWith("full") })
	require.Equal(t, here(-1), line)
	_, line = failure(t, func(t testing.TB) { coretest.Given(t, rooms).ThenState(room{until: time.Now()}) })
	require.Equal(t, here(-1), line)
}
