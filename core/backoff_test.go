package core_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

func TestPauseDoublesUpToMax(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	defaults := []time.Duration{50 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5 * s, 5 * s}
	for name, c := range map[string]struct {
		backoff core.Backoff
		limits  []time.Duration
	}{
		"by default":      {core.Backoff{}, defaults},
		"negative fields": {core.Backoff{First: -1, Max: -1}, defaults},
		"as given":        {core.Backoff{First: s, Max: 3 * s}, []time.Duration{s, 2 * s, 3 * s, 3 * s}},
		"always Max":      {core.Backoff{First: time.Hour, Max: s}, []time.Duration{s, s}},
		"without overflow": {
			core.Backoff{First: math.MaxInt64/2 + 1, Max: math.MaxInt64},
			[]time.Duration{math.MaxInt64/2 + 1, math.MaxInt64, math.MaxInt64},
		},
		"of a nanosecond": {core.Backoff{First: 1, Max: 2}, []time.Duration{1, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			for retry, limit := range c.limits {
				requirePause(t, limit, c.backoff.Pause(retry))
			}
			requirePause(t, c.limits[len(c.limits)-1], c.backoff.Pause(math.MaxInt))
		})
	}
}

// requirePause checks that a pause is between half of limit and all of it.
func requirePause(t *testing.T, limit, pause time.Duration) {
	t.Helper()
	require.LessOrEqual(t, pause, limit)
	require.GreaterOrEqual(t, pause, limit-limit/2)
}

func TestPausesOfOneRetryDiffer(t *testing.T) {
	pauses := make(map[time.Duration]bool)
	for range 100 {
		pauses[core.Backoff{}.Pause(0)] = true
	}
	require.Greater(t, len(pauses), 50)
}

func TestBackoffWaitsForItsPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for retry, limit := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
			start := time.Now()
			require.NoError(t, core.Backoff{First: time.Second, Max: 3 * time.Second}.Wait(t.Context(), retry))
			requirePause(t, limit, time.Since(start))
		}
	})
}

func TestBackoffEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the office has closed")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, cause)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, core.Backoff{First: time.Hour, Max: time.Hour}.Wait(ctx, 0), cause)
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestBackoffEndsWhenItsOwnerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		time.AfterFunc(time.Minute, func() { close(closed) })
		start := time.Now()
		require.ErrorIs(t, core.Backoff{First: time.Hour, Max: time.Hour}.WaitUnlessClosed(t.Context(), 0, closed), core.ErrClosed)
		require.Equal(t, time.Minute, time.Since(start))
	})
}
