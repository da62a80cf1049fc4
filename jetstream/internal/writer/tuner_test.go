package writer

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// disk is what a server takes, as it was measured: for n publishes in flight, for a
// batch of n, and for each of two batches in flight, nil if it takes them one after
// the other.
type disk struct {
	publish func(n int) time.Duration
	batch   func(n int) time.Duration
	two     func(n int) time.Duration
}

// next is what is acked at once when there are n writers, how long after the ack
// before, and how long after it was sent.
func (d disk) next(w mode, n int) (events int, since, took time.Duration) {
	switch {
	case w == directly:
		events = max(n/8, 1)
		return events, d.publish(n) * time.Duration(events) / time.Duration(n), d.publish(n)
	case w == oneBatch:
		return n, d.batch(n), d.batch(n)
	case d.two == nil:
		return n / 2, d.batch(n / 2), 2 * d.batch(n/2)
	default:
		return n / 2, d.two(n / 2), 2 * d.two(n/2)
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
	inOne = []mode{directly, oneBatch}
	inTwo = []mode{directly, oneBatch, twoBatches}
)

func newTuner(modes ...mode) *tuner {
	t := &tuner{}
	t.allow(modes[0], modes[len(modes)-1])
	return t
}

// drive lets writers commit one event after the other for a while, each as the
// tuner says, and returns how many times as many commits were acked as there would
// have been directly.
func drive(t *tuner, d disk, writers int, during time.Duration, now *time.Time) float64 {
	return driveBy(t, d, writers, during, now, func(took time.Duration) time.Duration { return took })
}

// ack acks commits of one event at once, while there are so many writers.
func ack(t *tuner, commits, writers int, took time.Duration, now time.Time) {
	t.load = writers
	t.ended(commits, outcome{Outcome: wire.Outcome{Result: wire.Acked}, sent: now.Add(-took), answered: now})
}

// driveBy is drive on a disk that takes its time by chance.
func driveBy(t *tuner, d disk, writers int, during time.Duration, now *time.Time, chance func(time.Duration) time.Duration) float64 {
	done := 0
	begun := *now
	for now.Sub(begun) < during {
		events, since, took := d.next(t.mode, writers)
		*now = now.Add(chance(since))
		ack(t, events, writers, took, *now)
		done += events
	}
	return float64(done) / (float64(during) / float64(d.publish(writers)) * float64(writers))
}

func TestTunerFindsTheFastestWay(t *testing.T) {
	for name, c := range map[string]struct {
		disk        disk
		modes       []mode
		writers     int
		least, most float64
	}{
		"one writer, lazy":          {lazyDisk, inOne, 1, 1, 1.01},
		"8 writers, lazy":           {lazyDisk, inOne, 8, 0.98, 1.01},
		"64 writers, lazy":          {lazyDisk, inOne, 64, 0.98, 1.01},
		"512 writers, lazy":         {lazyDisk, inOne, 512, 0.98, 1.1},
		"8 writers, synced":         {syncedDisk, inOne, 8, 0.98, 1.01},
		"16 writers, synced":        {syncedDisk, inOne, 16, 0.95, 1.1},
		"64 writers, synced":        {syncedDisk, inOne, 64, 2.8, 4},
		"512 writers, synced":       {syncedDisk, inOne, 512, 7, 10},
		"64 writers, one batch":     {threeDisks, inOne, 64, 1.6, 2.2},
		"512 writers, one batch":    {threeDisks, inOne, 512, 1.7, 2.2},
		"64 writers, replicas":      {threeDisks, inTwo, 64, 2.0, 2.6},
		"64 writers, synced, three": {threeSyncedDisks, inTwo, 64, 1.9, 2.2},
	} {
		t.Run(name, func(t *testing.T) {
			tuner := newTuner(c.modes...)
			now := time.Unix(0, 0)
			got := drive(tuner, c.disk, c.writers, time.Minute, &now)
			require.GreaterOrEqual(t, got, c.least)
			require.LessOrEqual(t, got, c.most)
		})
	}
}

func TestTunerDecidesWithinHalfASecond(t *testing.T) {
	for name, c := range map[string]struct {
		disk    disk
		modes   []mode
		writers int
		want    mode
	}{
		"64 writers, lazy":      {lazyDisk, inOne, 64, directly},
		"64 writers, synced":    {syncedDisk, inOne, 64, oneBatch},
		"512 writers, synced":   {syncedDisk, inOne, 512, oneBatch},
		"512 writers, replicas": {threeDisks, inTwo, 512, twoBatches},
	} {
		t.Run(name, func(t *testing.T) {
			tuner := newTuner(c.modes...)
			now := time.Unix(0, 0)
			drive(tuner, c.disk, c.writers, 500*time.Millisecond, &now)
			require.Equal(t, c.want, tuner.mode)
			for _, w := range c.modes {
				require.NotZero(t, tuner.rates[loadClass(c.writers)][w], "every mode was measured")
			}
		})
	}
}

func TestTunerIsNotMisledByChance(t *testing.T) {
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
		const runs = 40
		for range runs {
			tuner := newTuner(inOne...)
			now := time.Unix(0, 0)
			driveBy(tuner, c.disk, c.writers, 400*time.Millisecond, &now, chance)
			sum += driveBy(tuner, c.disk, c.writers, 10*time.Second, &now, chance)
		}
		require.GreaterOrEqual(t, sum/runs, c.least, name)
	}
}

func TestTunerFollowsAChange(t *testing.T) {
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	drive(tuner, syncedDisk, 64, time.Minute, &now)
	require.Equal(t, oneBatch, tuner.mode)
	require.GreaterOrEqual(t, drive(tuner, lazyDisk, 64, time.Minute, &now), 0.75, "the disk is another's now")
	require.Equal(t, directly, tuner.mode)
	require.Greater(t, drive(tuner, syncedDisk, 64, 3*time.Minute, &now), 2.0)
}

// Where the writers themselves take most of the time, both modes are as slow. When they
// become faster, what was measured of the mode that is not in use says nothing any more.
func TestTunerMeasuresSoonWhenTheRateHasChanged(t *testing.T) {
	slowWriters := func(n int) time.Duration { return time.Duration(n) * 700 * time.Microsecond }
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	drive(tuner, disk{publish: slowWriters, batch: slowWriters}, 64, time.Minute, &now)
	require.Equal(t, directly, tuner.mode)
	tuner.period, tuner.remeasure = maxPeriod, now.Add(maxPeriod-minPeriod)
	drive(tuner, syncedDisk, 64, minPeriod, &now)
	require.Equal(t, oneBatch, tuner.mode)
}

func TestTunerKeepsTwoBatchesInFlightWhereThatIsFaster(t *testing.T) {
	for name, c := range map[string]struct {
		disk disk
		mode mode
	}{
		"replicas":         {threeDisks, twoBatches},
		"replicas, synced": {threeSyncedDisks, oneBatch},
	} {
		for _, modes := range [][]mode{inTwo, inTwo[1:]} {
			t.Run(name, func(t *testing.T) {
				tuner := newTuner(modes...)
				now := time.Unix(0, 0)
				drive(tuner, c.disk, 64, time.Minute, &now)
				require.Equal(t, c.mode, tuner.mode)
			})
		}
	}
}

func TestTunerLeavesWhatHasBecomeSlowAlsoIfABatchTakesVeryLong(t *testing.T) {
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	slow := disk{publish: func(int) time.Duration { return 100 * time.Millisecond }, batch: func(int) time.Duration { return 40 * time.Millisecond }}
	drive(tuner, slow, 64, 5*time.Second, &now)
	require.Equal(t, oneBatch, tuner.mode)
	tuner.remeasure = now.Add(time.Hour)
	for begun := now; tuner.mode == oneBatch; {
		now = now.Add(time.Second)
		ack(tuner, 64, 64, time.Second, now)
		require.Less(t, now.Sub(begun), 10*time.Second)
	}
}

func TestTunerMeasuresInBurstsToo(t *testing.T) {
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	for burst := 0; tuner.mode == directly; burst++ {
		drive(tuner, syncedDisk, 512, 160*time.Millisecond, &now)
		now = now.Add(time.Second)
		require.Less(t, burst, 20)
	}
}

func TestTunerRemembersWhatIsBestAtALoad(t *testing.T) {
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	drive(tuner, syncedDisk, 64, 500*time.Millisecond, &now)
	require.Equal(t, oneBatch, tuner.mode)
	drive(tuner, syncedDisk, 8, 500*time.Millisecond, &now)
	require.Equal(t, directly, tuner.mode)
	tuner.remeasure = now.Add(time.Hour)
	drive(tuner, syncedDisk, 64, 2*sampleTime, &now)
	require.Equal(t, oneBatch, tuner.mode, "it is not measured anew")
}

func TestTunerDoesNotLetFewWait(t *testing.T) {
	tuner := newTuner(inOne...)
	now := time.Unix(0, 0)
	drive(tuner, syncedDisk, 64, time.Minute, &now)
	require.Equal(t, oneBatch, tuner.mode)
	drive(tuner, syncedDisk, 3, 6*time.Millisecond, &now)
	require.Equal(t, oneBatch, tuner.mode, "once is nothing")
	drive(tuner, syncedDisk, 3, 500*time.Millisecond, &now)
	require.Equal(t, directly, tuner.mode)
	drive(tuner, syncedDisk, 3, time.Minute, &now)
	require.Equal(t, directly, tuner.mode)
}

func TestTunerOfAStagedStreamBatchesAlways(t *testing.T) {
	tuner := newTuner(oneBatch)
	now := time.Unix(0, 0)
	for _, load := range []int{1, 300} {
		for range 100 {
			now = now.Add(time.Hour)
			ack(tuner, load, load, time.Hour, now)
			require.Equal(t, oneBatch, tuner.mode)
		}
	}
}
