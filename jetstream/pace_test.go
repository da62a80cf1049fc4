package jetstream

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// disk is what a server takes, as it was measured: for n publishes under way at
// once, for a batch of n, and for each of two that it has at once, nil if it takes
// them one after the other.
type disk struct {
	publish func(n int) time.Duration
	batch   func(n int) time.Duration
	two     func(n int) time.Duration
}

// each is what a batch takes when n events are on their way, in one batch or two.
func (d disk) each(p *pace, n int) (events int, took time.Duration) {
	switch {
	case p.way != inTwo:
		return n, d.batch(n)
	case d.two == nil:
		return n / 2, d.batch(n / 2)
	default:
		return n / 2, d.two(n / 2)
	}
}

var (
	lazyDisk = disk{
		func(n int) time.Duration { return time.Duration(n) * 25 * time.Microsecond },
		func(n int) time.Duration { return 4*time.Millisecond + time.Duration(n)*20*time.Microsecond },
		nil,
	}
	syncedDisk = disk{
		func(n int) time.Duration { return time.Duration(n) * 300 * time.Microsecond },
		func(n int) time.Duration { return 4500*time.Microsecond + time.Duration(n)*25*time.Microsecond },
		nil,
	}
	threeDisks = disk{
		func(n int) time.Duration { return 500*time.Microsecond + time.Duration(n)*50*time.Microsecond },
		func(n int) time.Duration { return 300*time.Microsecond + time.Duration(n)*25*time.Microsecond },
		func(n int) time.Duration { return 150*time.Microsecond + time.Duration(n)*20*time.Microsecond },
	}
	threeSyncedDisks = disk{
		func(n int) time.Duration { return 2*time.Millisecond + time.Duration(n)*100*time.Microsecond },
		func(n int) time.Duration { return 2*time.Millisecond + time.Duration(n)*30*time.Microsecond },
		nil,
	}
)

// drive lets a number of writers commit one event after the other for a while,
// each as pace says, and returns how many times as many commits there were as
// there would be without a pace.
func drive(p *pace, d disk, writers int, during time.Duration, now *time.Time) float64 {
	return driveBy(p, d, writers, during, now, func(took time.Duration) time.Duration { return took })
}

// driveBy is drive on a disk that takes its time by chance.
func driveBy(p *pace, d disk, writers int, during time.Duration, now *time.Time, chance func(time.Duration) time.Duration) float64 {
	done := 0
	begun := *now
	for now.Sub(begun) < during {
		if p.grouping() {
			events, took := d.each(p, writers)
			took = chance(took)
			*now = now.Add(took)
			p.together(events, writers, took, *now)
			done += events
		} else {
			took := chance(d.publish(writers))
			*now = now.Add(took)
			p.alone(writers, writers, took, *now)
			done += writers
		}
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
			p := pace{lanes: 1}
			now := time.Unix(0, 0)
			got := drive(&p, c.disk, c.writers, time.Minute, &now)
			require.GreaterOrEqual(t, got, c.least)
			require.LessOrEqual(t, got, c.most)
		})
	}
}

func TestPaceIsNotMisledByChance(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	chance := func(took time.Duration) time.Duration {
		if random.IntN(50) == 0 {
			return took * time.Duration(2+random.IntN(6))
		}
		return took * time.Duration(70+random.IntN(60)) / 100
	}
	for name, c := range map[string]struct {
		disk    disk
		writers int
		least   float64
	}{
		"lazy":     {lazyDisk, 64, 0.85},
		"synced":   {syncedDisk, 64, 2.5},
		"replicas": {threeDisks, 64, 1.45},
	} {
		var sum float64
		const runs = 100
		for range runs {
			p := pace{lanes: 1}
			now := time.Unix(0, 0)
			driveBy(&p, c.disk, c.writers, 400*time.Millisecond, &now, chance)
			sum += driveBy(&p, c.disk, c.writers, 20*time.Second, &now, chance)
		}
		require.GreaterOrEqual(t, sum/runs, c.least, name)
	}
}

func TestPaceFollowsAChange(t *testing.T) {
	p := pace{lanes: 1}
	now := time.Unix(0, 0)
	drive(&p, syncedDisk, 64, time.Minute, &now)
	require.True(t, p.grouping())
	require.GreaterOrEqual(t, drive(&p, lazyDisk, 64, time.Minute, &now), 0.75, "the disk is another's now")
	require.False(t, p.grouping())
	require.Greater(t, drive(&p, syncedDisk, 64, 3*time.Minute, &now), 2.0)
}

func TestPaceHasTwoBatchesInFlightWhereThatIsFaster(t *testing.T) {
	for name, c := range map[string]struct {
		disk        disk
		way         way
		least, most float64
	}{
		"replicas":         {threeDisks, inTwo, 2.0, 2.4},
		"replicas, synced": {threeSyncedDisks, inOne, 1.9, 2.2},
	} {
		t.Run(name, func(t *testing.T) {
			p := pace{lanes: 2}
			now := time.Unix(0, 0)
			got := drive(&p, c.disk, 64, time.Minute, &now)
			require.GreaterOrEqual(t, got, c.least)
			require.LessOrEqual(t, got, c.most)
			require.Equal(t, c.way, p.way)
		})
		t.Run(name+", always together", func(t *testing.T) {
			p := pace{lanes: 2, always: true, way: inOne}
			now := time.Unix(0, 0)
			drive(&p, c.disk, 64, time.Minute, &now)
			require.Equal(t, c.way, p.way)
		})
	}
}

func TestPaceLeavesWhatHasBecomeSlowAlsoIfABatchTakesVeryLong(t *testing.T) {
	p := pace{lanes: 1, after: longestWait}
	now := time.Unix(0, 0)
	slow := disk{publish: func(int) time.Duration { return 100 * time.Millisecond }, batch: func(int) time.Duration { return 40 * time.Millisecond }}
	drive(&p, slow, 64, 5*time.Second, &now)
	require.True(t, p.grouping() && p.trial.over)
	for begun := now; p.grouping(); {
		now = now.Add(time.Second)
		p.together(64, 64, time.Second, now)
		require.Less(t, now.Sub(begun), 10*time.Second)
	}
}

func TestPaceFindsOutInBurstsToo(t *testing.T) {
	p := pace{lanes: 1}
	now := time.Unix(0, 0)
	for burst := 0; !p.grouping(); burst++ {
		drive(&p, syncedDisk, 512, 160*time.Millisecond, &now)
		now = now.Add(time.Second)
		require.Less(t, burst, 20)
	}
}

func TestPaceDoesNotLetFewWait(t *testing.T) {
	p := pace{lanes: 1}
	now := time.Unix(0, 0)
	drive(&p, syncedDisk, 64, time.Minute, &now)
	require.True(t, p.grouping())
	p.together(3, 3, time.Millisecond, now)
	require.True(t, p.grouping(), "once is nothing")
	for range few {
		p.together(3, 3, time.Millisecond, now)
	}
	require.False(t, p.grouping())
	for range 1000 {
		now = now.Add(time.Millisecond)
		p.alone(8, 8, time.Millisecond, now)
	}
	require.False(t, p.grouping())
}

func TestPaceOfAStagedStreamStays(t *testing.T) {
	p := pace{always: true, lanes: 1, way: inOne}
	now := time.Unix(0, 0)
	for range 2 * few {
		p.together(3, 3, time.Hour, now)
		require.True(t, p.thin(1))
	}
	p.together(300, 300, time.Hour, now)
	require.True(t, p.grouping())
}
