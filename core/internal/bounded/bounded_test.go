package bounded_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/internal/bounded"
	"github.com/jetsource/jetsource/core/internal/fakes"
)

var (
	errGone = errors.New("gone")
	errKey  = errors.New("of one key")
)

// store is what is called: it answers after a while, if at all.
type store struct {
	after time.Duration
	err   error
	calls atomic.Int32
}

func (s *store) answer(c *bounded.Call) error {
	s.calls.Add(1)
	select {
	case <-time.After(s.after):
		return s.err
	case <-c.Done():
		return context.Cause(c)
	}
}

func newCalls() *bounded.Calls {
	return &bounded.Calls{Name: "load", Bound: 250 * time.Millisecond, Log: slog.Default}
}

func failed(err error) bool { return err != nil && !errors.Is(err, errKey) }

// took returns how long a call takes, and its error.
func took(ctx context.Context, c *bounded.Calls, s *store) (time.Duration, error) {
	begun := time.Now()
	err := c.Do(ctx, s.answer, failed)
	return time.Since(begun), err
}

func TestCallsPauseAfterOneThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, c, s := fakes.Log(t), newCalls(), &store{after: time.Hour}
		d, err := took(t.Context(), c, s)
		require.ErrorIs(t, err, bounded.ErrBound)
		require.Equal(t, 250*time.Millisecond, d)
		require.True(t, c.Paused())
		for _, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			time.Sleep(pause*time.Second - time.Nanosecond)
			d, err = took(t.Context(), c, s)
			require.ErrorIs(t, err, bounded.ErrPaused)
			require.Zero(t, d)
			time.Sleep(time.Nanosecond)
			_, err = took(t.Context(), c, s)
			require.ErrorIs(t, err, bounded.ErrBound)
		}
		require.EqualValues(t, 9, s.calls.Load())
		time.Sleep(time.Minute)
		s.after = 0
		for range 5 {
			_, err = took(t.Context(), c, s)
			require.NoError(t, err)
		}
		require.False(t, c.Paused())
		require.Equal(t, 1, strings.Count(log.String(), "load failed, going on without"))
		require.Equal(t, 1, strings.Count(log.String(), "load answers again"))
		s.err = errGone
		_, err = took(t.Context(), c, s)
		require.ErrorIs(t, err, errGone)
		time.Sleep(time.Second)
		_, err = took(t.Context(), c, s)
		require.ErrorIs(t, err, errGone, "the first pause is a second again")
	})
}

func TestOneCallerTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: time.Hour}
		_, _ = took(t.Context(), c, s)
		time.Sleep(time.Second)
		for range 10 {
			go func() { _, _ = took(t.Context(), c, s) }()
		}
		synctest.Wait()
		require.EqualValues(t, 2, s.calls.Load())
		time.Sleep(time.Second)
	})
}

func TestCallsThatFailTogetherAreOneFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: time.Hour}
		for range 10 {
			go func() { _, _ = took(t.Context(), c, s) }()
		}
		time.Sleep(1250 * time.Millisecond)
		_, err := took(t.Context(), c, s)
		require.ErrorIs(t, err, bounded.ErrBound, "the pause is a second")
	})
}

func TestAnswerThatComesTooLateIsUsedAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		err := c.Do(t.Context(), func(*bounded.Call) error { time.Sleep(time.Second); return nil }, failed)
		require.NoError(t, err)
		require.True(t, c.Paused())
	})
}

func TestErrorOfOneKeyPausesNothing(t *testing.T) {
	c, s := newCalls(), &store{err: errKey}
	for range 3 {
		_, err := took(t.Context(), c, s)
		require.ErrorIs(t, err, errKey)
	}
}

func TestCallerWhoGivesUpPausesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		d, err := took(ctx, c, s)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 40*time.Millisecond, d)
		require.False(t, c.Paused())
		_, _ = took(t.Context(), c, s)
		time.Sleep(time.Second)
		gone, end := context.WithCancel(t.Context())
		end()
		_, err = took(gone, c, s)
		require.ErrorIs(t, err, context.Canceled)
		_, err = took(t.Context(), c, s)
		require.ErrorIs(t, err, bounded.ErrBound, "the next caller tries again")
	})
}

func TestCallLeavesHalfOfTheTimeToItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		d, err := took(ctx, c, s)
		require.ErrorIs(t, err, bounded.ErrBound)
		require.Equal(t, 100*time.Millisecond, d)
		require.NoError(t, ctx.Err())
		require.True(t, c.Paused())
	})
}

func TestUntimedPartsDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: 200 * time.Millisecond}
		slow := func(call *bounded.Call) error {
			call.Untimed(func() { time.Sleep(time.Hour) })
			return s.answer(call)
		}
		require.NoError(t, c.Do(t.Context(), slow, failed))
		s.after = time.Hour
		begun := time.Now()
		require.ErrorIs(t, c.Do(t.Context(), slow, failed), bounded.ErrBound)
		require.Equal(t, time.Hour+250*time.Millisecond, time.Since(begun))
	})
}

func TestPanicEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCalls(), &store{after: time.Hour}
		_, _ = took(t.Context(), c, s)
		time.Sleep(time.Second)
		require.Panics(t, func() { _ = c.Do(t.Context(), func(*bounded.Call) error { panic("unlucky") }, failed) })
		time.Sleep(2 * time.Second)
		_, err := took(t.Context(), c, s)
		require.ErrorIs(t, err, bounded.ErrBound, "another caller tries again")
	})
}
