package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSnapshotLoadsTheSameAndFaster(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Contains(t, out.String(), "a meter of 10000 events, with a snapshot each 1000\n")
	require.Equal(t, 2, strings.Count(out.String(), "{Readings:10000 Sum:13995000 Highest:2999}"), out.String())
	ratio := regexp.MustCompile(`ratio +([0-9.]+)`).FindStringSubmatch(out.String())
	require.Len(t, ratio, 2, out.String())
	times, err := strconv.ParseFloat(ratio[1], 64)
	require.NoError(t, err)
	require.Greater(t, times, 2.0, out.String())
}
