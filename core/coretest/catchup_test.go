package coretest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
)

// cleaner is a reactor that has a guest leave a room that was booked.
func cleaner(err error) *reactor.Reactor[string, uint64, string] {
	return reactor.Define("cleaner", reactor.Produce(func(_ context.Context, e inRoom[bookedV1]) ([]core.Commit[string, uint64, string], error) {
		return []core.Commit[string, uint64, string]{{Key: e.Key, Unchecked: true, Events: []core.Event{left(e.Event)}}}, err
	}))
}

func TestCatchUpRunsUntilAllEventsAreProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New[string, string]()
		for _, guest := range []string{"ada", "bob"} {
			coretest.Seed(t, store, roomKey("1"), bookedV1{guest})
			coretest.CatchUp(t, reactor.NewWorker(store, cleaner(nil)))
		}
		live := projection.NewLive(store, projection.Define("left", projection.On(func(l *[]string, e inRoom[left]) { *l = append(*l, e.Event.Guest) })))
		coretest.CatchUp(t, live)
		live.View(func(l *[]string) { require.Equal(t, []string{"ada", "bob"}, *l) })
	})
}

func TestCatchUpFailsWithTheErrorOfTheRunner(t *testing.T) {
	store := memory.New[string, string]()
	coretest.Seed(t, store, roomKey("1"), bookedV1{"ada"})
	text, line := failure(t, func(t testing.TB) {
		coretest.CatchUp(t, reactor.NewWorker(store, cleaner(errors.New("no soap"))).StopAfter(1))
	})
	require.Equal(t, here(-2), line)
	require.Equal(t, "catch up: reactor cleaner: event at 1 (room.reserved of room 1), attempt 1: no soap", text)
}
