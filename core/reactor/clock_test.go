package reactor_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/reactor"
)

// A clock that is set forward makes timers early by as much and by no more; one that is set
// back makes them late, and none is lost.
func TestTimersFollowAClockThatIsSet(t *testing.T) {
	for name, c := range map[string]struct {
		step        time.Duration
		first, last int // seconds after it was due that it may fire
	}{
		"not at all": {0, 0, 0},
		"forward":    {20 * time.Second, -20, -20},
		// The clock is looked at every ten seconds or sooner.
		"forward past due": {time.Hour, -50, -40},
		"back":             {-20 * time.Second, 20, 20},
		"back past begin":  {-time.Hour, 3600, 3600},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var offset atomic.Int64
				reactor.SetClock(t, func() time.Time { return time.Now().Add(time.Duration(offset.Load())) })
				store, notes := newBank(), new(recorder)
				worker := reactor.NewWorker(store, reminding(notes))
				stop := runs(t, worker.Run)
				pay(t, store, "a", 60)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.Empty(t, notes.read())
				offset.Store(int64(c.step))
				time.Sleep(2 * time.Hour)
				fired := notes.read()
				require.Len(t, fired, 1)
				var after int
				_, err := fmt.Sscanf(fired[0], "a 60 at %d", &after)
				require.NoError(t, err, fired[0])
				require.GreaterOrEqual(t, after, c.first)
				require.LessOrEqual(t, after, c.last)
				require.Empty(t, pending(t, worker))
				require.NoError(t, stop())
			})
		})
	}
}
