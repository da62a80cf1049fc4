package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every kind of case runs to its end, on a small stream, and tells what it found.
func TestEveryKindOfCase(t *testing.T) {
	some := "(1|3) events? by (1 writer|8 writers), (R1|R3) lazy|unchecked.*R1 lazy|in the stream|go on|visible|update|snapshot"
	var out strings.Builder
	b := bench{round: time.Millisecond, rounds: 1, events: 1000, only: regexp.MustCompile(some)}
	b.out.w = &out
	require.NoError(t, b.all(t.Context()))
	require.Greater(t, len(b.out.rows), 20)
	for _, r := range b.out.rows {
		require.Positive(t, r.ours, r.name)
		require.Positive(t, r.theirs, r.name)
		require.Len(t, r.ratios, 1)
		require.Contains(t, out.String(), r.name)
	}
}

func TestANameThatNoCaseHasIsAnError(t *testing.T) {
	var out strings.Builder
	b := bench{round: time.Millisecond, rounds: 1, events: 1000, only: regexp.MustCompile("nothing has this name")}
	b.out.w = &out
	require.ErrorContains(t, b.all(t.Context()), `"nothing has this name"`)
	require.Empty(t, b.out.rows)
	require.Empty(t, out.String())
}
