package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/health"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
)

type paid struct{ Amount int }

func (paid) EventKind() string { return "account.paid" }

type recorded = core.Recorded[paid, string, uint64, core.NoMetadata]

type total struct{ Paid int }

// get returns the status and what it says of a runner.
func get(t *testing.T, h http.Handler, runner string) (status int, state string, said map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	var answer struct {
		OK      bool
		Runners map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, w.Code == http.StatusOK, answer.OK)
	said = answer.Runners[runner]
	return w.Code, fmt.Sprint(said["state"]), said
}

func pay(t *testing.T, store core.EventStore[string, uint64, core.NoMetadata], amount int) {
	t.Helper()
	_, err := core.CommitEvents(t.Context(), store, core.Key[string]{Kind: "account", ID: "a"}, []core.Event{paid{amount}}, core.NoMetadata{})
	require.NoError(t, err)
}

func run(t *testing.T, run func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

func TestLiveProjectionIsReadyOnceItHasCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := fakes.NewOutage(memory.New[string, core.NoMetadata]())
		pay(t, store, 1)
		live := projection.NewLive(store, projection.Define("total", projection.On(func(s *total, e recorded) { s.Paid += e.Event.Amount })))
		checks := health.Checks{Runners: map[string]health.Runner{"total": live}, MaxBehind: time.Minute}
		time.Sleep(2 * time.Minute)
		status, state, said := get(t, checks.Ready(), "total")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "new", state)
		require.InEpsilon(t, 1, said["lag"], 0.001)
		require.InEpsilon(t, 120, said["behind_seconds"], 0.001)
		status, _, _ = get(t, checks.Live(), "total")
		require.Equal(t, http.StatusOK, status)

		stop := run(t, live.Run)
		synctest.Wait()
		status, state, said = get(t, checks.Ready(), "total")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "working", state)
		require.Zero(t, said["lag"])

		store.Begin()
		synctest.Wait()
		status, state, said = get(t, checks.Ready(), "total")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "failing", state)
		require.Equal(t, fakes.ErrAway.Error(), said["error"])
		status, _, _ = get(t, checks.Live(), "total")
		require.Equal(t, http.StatusOK, status, "an outage is no reason to end the process")
		store.End()
		time.Sleep(time.Minute) // the pause before another attempt
		synctest.Wait()
		status, _, _ = get(t, checks.Ready(), "total")
		require.Equal(t, http.StatusOK, status, "without a new event")

		require.NoError(t, stop())
		status, state, _ = get(t, checks.Ready(), "total")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "stopped", state)
		status, _, _ = get(t, checks.Live(), "total")
		require.Equal(t, http.StatusOK, status, "it was told to end")
	})
}

func TestWorkerThatRepeatsAReactionIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New[string, core.NoMetadata]()
		var mended atomic.Bool
		worker := reactor.NewWorker(store, reactor.Define("mail", reactor.On(func(_ context.Context, e recorded) error {
			switch {
			case e.Event.Amount < 0:
				return reactor.Permanent(errors.New("negative"))
			case !mended.Load():
				return errors.New("no route to host")
			}
			return nil
		})))
		checks := health.Checks{Runners: map[string]health.Runner{"mail": worker}}
		stop := run(t, worker.Run)
		pay(t, store, 1)
		synctest.Wait()
		status, state, said := get(t, checks.Ready(), "mail")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "failing", state)
		require.Equal(t, "no route to host", said["error"])
		mended.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		status, state, _ = get(t, checks.Ready(), "mail")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "working", state)

		pay(t, store, -1)
		synctest.Wait()
		status, state, _ = get(t, checks.Live(), "mail")
		require.Equal(t, http.StatusServiceUnavailable, status, "it has ended with an error")
		require.Equal(t, "stopped", state)
		require.Error(t, stop())
	})
}
