package jetstream

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// disk is what a server takes, as it was measured: for n publishes under way at
// once, and for a batch of n.
type disk struct {
	publish func(n int) time.Duration
	batch   func(n int) time.Duration
}

var (
	lazyDisk = disk{
		func(n int) time.Duration { return time.Duration(n) * 25 * time.Microsecond },
		func(n int) time.Duration { return 4*time.Millisecond + time.Duration(n)*20*time.Microsecond },
	}
	syncedDisk = disk{
		func(n int) time.Duration { return time.Duration(n) * 300 * time.Microsecond },
		func(n int) time.Duration { return 4500*time.Microsecond + time.Duration(n)*25*time.Microsecond },
	}
	threeDisks = disk{
		func(n int) time.Duration { return 500*time.Microsecond + time.Duration(n)*50*time.Microsecond },
		func(n int) time.Duration { return 300*time.Microsecond + time.Duration(n)*25*time.Microsecond },
	}
)

// drive lets a number of writers commit one event after the other for a while,
// each as pace says, and returns how many times as many commits there were as
// there would be without a pace.
func drive(p *pace, d disk, writers int, during time.Duration, now *time.Time) float64 {
	done := 0
	begun := *now
	for now.Sub(begun) < during {
		if p.grouping {
			took := d.batch(writers)
			*now = now.Add(took)
			p.together(writers, writers, took, *now)
		} else {
			took := d.publish(writers)
			*now = now.Add(took)
			for range writers {
				p.alone(writers, took, *now)
			}
		}
		done += writers
	}
	alone := float64(during) / float64(d.publish(writers)) * float64(writers)
	return float64(done) / alone
}

func TestPaceFindsOutWhatIsFaster(t *testing.T) {
	for name, c := range map[string]struct {
		disk        disk
		writers     int
		least, most float64
	}{
		"one writer, lazy":      {lazyDisk, 1, 1, 1.01},
		"8 writers, lazy":       {lazyDisk, 8, 1, 1.01},
		"64 writers, lazy":      {lazyDisk, 64, 0.98, 1.01},
		"512 writers, lazy":     {lazyDisk, 512, 0.98, 1.1},
		"8 writers, synced":     {syncedDisk, 8, 1, 1.01},
		"16 writers, synced":    {syncedDisk, 16, 0.98, 1.1},
		"64 writers, synced":    {syncedDisk, 64, 2.8, 4},
		"512 writers, synced":   {syncedDisk, 512, 7, 10},
		"64 writers, replicas":  {threeDisks, 64, 1.6, 2.2},
		"512 writers, replicas": {threeDisks, 512, 1.7, 2.2},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			now := time.Unix(0, 0)
			got := drive(&p, c.disk, c.writers, time.Minute, &now)
			require.GreaterOrEqual(t, got, c.least)
			require.LessOrEqual(t, got, c.most)
		})
	}
}

func TestPaceFollowsAChange(t *testing.T) {
	var p pace
	now := time.Unix(0, 0)
	drive(&p, syncedDisk, 64, time.Minute, &now)
	require.True(t, p.grouping)
	require.GreaterOrEqual(t, drive(&p, lazyDisk, 64, time.Minute, &now), 0.75, "the disk is another's now")
	require.False(t, p.grouping)
	require.Greater(t, drive(&p, syncedDisk, 64, 3*time.Minute, &now), 2.0)
}

func TestPaceDoesNotLetFewWait(t *testing.T) {
	var p pace
	now := time.Unix(0, 0)
	drive(&p, syncedDisk, 64, time.Minute, &now)
	require.True(t, p.grouping)
	p.together(3, 3, time.Millisecond, now)
	require.True(t, p.grouping, "once is nothing")
	for range few {
		p.together(3, 3, time.Millisecond, now)
	}
	require.False(t, p.grouping)
	for range 1000 {
		p.alone(8, time.Millisecond, now)
	}
	require.False(t, p.grouping)
}

func TestPaceOfAStagedStreamStays(t *testing.T) {
	p := pace{always: true, grouping: true}
	now := time.Unix(0, 0)
	for range 2 * few {
		p.together(3, 3, time.Hour, now)
		require.True(t, p.thin(1))
	}
	p.together(300, 300, time.Hour, now)
	require.True(t, p.grouping)
}
