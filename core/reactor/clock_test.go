package reactor_test

import (
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
		step time.Duration
		want string
	}{
		"not at all":       {0, "a 60 at 0"},
		"forward":          {20 * time.Second, "a 60 at -20"},
		"forward past due": {time.Hour, "a 60 at -40"}, // it is looked at every ten seconds,
		"back":             {-20 * time.Second, "a 60 at 20"},
		"back past begin":  {-time.Hour, "a 60 at 3600"},
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
				require.Equal(t, []string{c.want}, notes.read())
				require.Empty(t, pending(t, worker))
				require.NoError(t, stop())
			})
		})
	}
}
