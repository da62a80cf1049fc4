package reactor

import (
	"testing"
	"time"
)

// SetClock has the timers of a test go by another clock.
func SetClock(t *testing.T, now func() time.Time) {
	clock = now
	t.Cleanup(func() { clock = time.Now })
}
