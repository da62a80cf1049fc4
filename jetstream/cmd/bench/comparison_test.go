package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeWorkload returns samples of given rates, one after the other, and records
// the rounds it was given.
func fakeWorkload(rounds *[]time.Duration, rates ...float64) workload {
	return func(_ context.Context, round time.Duration) (sample, error) {
		*rounds = append(*rounds, round)
		rate := rates[0]
		rates = rates[1:]
		return sample{rate: rate, median: time.Duration(float64(time.Second) / rate)}, nil
	}
}

func TestTheFirstRoundIsNotCounted(t *testing.T) {
	var library, baseline []time.Duration
	closed := false
	c := comparison{name: "n", against: "a", unit: perSecond, setup: func(context.Context) (pair, error) {
		return pair{fakeWorkload(&library, 1, 20, 40, 90), fakeWorkload(&baseline, 1, 10, 10, 30), func() { closed = true }}, nil
	}}
	r, err := c.run(t.Context(), 3, time.Second)
	require.NoError(t, err)
	require.Equal(t, []float64{2, 4, 3}, r.ratios)
	require.Equal(t, []time.Duration{4 * time.Second, time.Second, time.Second, time.Second}, library, "the library's first turn is longer")
	require.Equal(t, []time.Duration{time.Second, time.Second, time.Second, time.Second}, baseline)
	require.True(t, closed)
	require.Equal(t, "n\t40/s\ta\t10/s\t3\t2–4\tmore is better", r.String())
}

func TestLatenciesAreCompared(t *testing.T) {
	var rounds []time.Duration
	c := comparison{name: "n", against: "a", unit: latency, setup: func(context.Context) (pair, error) {
		return pair{library: fakeWorkload(&rounds, 1, 1000), baseline: fakeWorkload(&rounds, 1, 500)}, nil
	}}
	r, err := c.run(t.Context(), 1, time.Second)
	require.NoError(t, err)
	require.Equal(t, "n\t1ms\ta\t2ms\t0.5\t0.5–0.5\tless is better", r.String())
	require.Equal(t, time.Second, rounds[0], "no longer first turn: nothing is tuned")
}

func TestAnErrorOfAWorkloadEndsTheComparison(t *testing.T) {
	errFailed := errors.New("failed")
	fails := func(context.Context, time.Duration) (sample, error) { return sample{}, errFailed }
	works := func(context.Context, time.Duration) (sample, error) { return sample{rate: 1}, nil }
	for name, p := range map[string]pair{"library": {library: fails, baseline: works}, "baseline": {library: works, baseline: fails}} {
		closed := false
		p.close = func() { closed = true }
		c := comparison{setup: func(context.Context) (pair, error) { return p, nil }}
		_, err := c.run(t.Context(), 1, time.Second)
		require.ErrorIs(t, err, errFailed, name)
		require.True(t, closed, name)
		c.setup = func(context.Context) (pair, error) { return p, errFailed }
		_, err = c.run(t.Context(), 1, time.Second)
		require.ErrorIs(t, err, errFailed, name)
	}
}

func TestAWriterThatFailsEndsTheOthers(t *testing.T) {
	errFailed := errors.New("failed")
	op := func(ctx context.Context) error { return errFailed }
	_, err := concurrent(8, op)(t.Context(), time.Hour)
	require.ErrorIs(t, err, errFailed)
}

func TestEachWriterDoesItsOperationAtLeastOnce(t *testing.T) {
	s, err := concurrent(8, func(context.Context) error { return nil })(t.Context(), 0)
	require.NoError(t, err)
	require.Positive(t, s.rate)
	n := 0
	_, err = numbered(func(_ context.Context, i int) error {
		require.Equal(t, n, i)
		n++
		return nil
	})(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestTheTableHasALineForEachRow(t *testing.T) {
	var out strings.Builder
	results := table{out: &out}
	require.NoError(t, results.add(row{comparison: comparison{name: "first"}, library: []float64{1}, baseline: []float64{2}, ratios: []float64{0.5}}))
	require.NoError(t, results.add(row{comparison: comparison{name: "second"}, library: []float64{4}, baseline: []float64{2}, ratios: []float64{2}}))
	require.NoError(t, results.print())
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 2+1+1+2, "two rows, an empty line, the head, and two rows")
}
