package reader

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers is a source of ascending numbers that then fails, if err is not nil. It
// sets done when its loop has ended.
func numbers(values []uint64, err error, done *int) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		defer func() { *done++ }()
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func itself(n uint64) uint64 { return n }

func TestLoopsAreMergedInOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		sources, done := make([]iter.Seq2[uint64, error], rng.IntN(9)), 0
		var all []uint64
		for i := range sources {
			values := make([]uint64, rng.IntN(30))
			for j := range values {
				values[j] = 1 + rng.Uint64N(100)
			}
			slices.Sort(values)
			values = slices.Compact(values)
			sources[i] = numbers(values, nil, &done)
			all = append(all, values...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if stop := rng.IntN(len(all) + 2); stop < len(all) {
			all = all[:stop+1]
		}
		var got []uint64
		for n, err := range Merged(sources, itself) {
			require.NoError(t, err)
			if got = append(got, n); len(got) == len(all) {
				break
			}
		}
		require.Equal(t, all, got)
		require.Equal(t, len(sources), done, "every source has ended")
	}
}

func TestErrorOfOneLoopEndsTheMergedLoop(t *testing.T) {
	broken, done := errors.New("broken"), 0
	var got []uint64
	var last error
	for n, err := range Merged([]iter.Seq2[uint64, error]{
		numbers([]uint64{1, 4, 9}, nil, &done),
		numbers([]uint64{2}, broken, &done),
		numbers([]uint64{3, 5}, nil, &done),
	}, itself) {
		require.NoError(t, last, "nothing comes after an error")
		if last = err; err == nil {
			got = append(got, n)
		}
	}
	require.ErrorIs(t, last, broken)
	require.Equal(t, []uint64{1, 2}, got)
	require.Equal(t, 3, done)
}
