package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small makes every comparison short: what is measured does not matter here.
var small = sizes{stream: 1000, large: 100, snapshotted: 100, updated: 10, warm: 2, inputs: 200}

func newTestBench(only string, out io.Writer) *bench {
	return &bench{round: time.Millisecond, rounds: 1, sizes: small, only: regexp.MustCompile(only), results: table{out: out}}
}

func TestEveryKindOfComparisonRunsToItsEnd(t *testing.T) {
	some := "^(commit of (1|3) events? by (1|8) writers?|unchecked.*), R. lazy|^group commit of 1 event by 64 writers, R3 lazy|" +
		"^(load|first|scan|projection|commit until|update of .* events|update of .* by (1|8) writers?|reactor.*R1)"
	for i, s := range newTestBench(some, io.Discard).suites() {
		d := s.deployment
		if strings.Contains(d.name, "synced") && !strings.HasSuffix(s.comparisons[0].name, "inputs, R1 synced") {
			continue // they differ by the configuration of the servers alone
		}
		t.Run(d.name+", "+s.comparisons[0].name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			b := newTestBench(some, &out)
			require.NoError(t, b.runSuite(t.Context(), b.suites()[i]))
			require.NotEmpty(t, b.results.rows)
			for _, r := range b.results.rows {
				require.Positive(t, r.library[0], r.name)
				require.Positive(t, r.baseline[0], r.name)
				require.Len(t, r.ratios, 1)
				require.Contains(t, out.String(), r.name)
			}
		})
	}
}

func TestServersAreStartedOnlyForComparisonsThatWereAskedFor(t *testing.T) {
	b := newTestBench("commit until visible in a live projection", io.Discard)
	for _, s := range b.suites() {
		require.NoError(t, b.runSuite(t.Context(), s))
		require.Equal(t, s.comparisons[0].name == b.only.String(), s.deployment.started())
	}
	require.Len(t, b.results.rows, 1)
}

func TestAskingForNoComparisonIsAnError(t *testing.T) {
	var out strings.Builder
	b := newTestBench("nothing has this name", &out)
	require.ErrorContains(t, b.run(t.Context()), `"nothing has this name"`)
	require.Empty(t, b.results.rows)
	require.Empty(t, out.String())
}

func TestSettingsThatNoComparisonCanRunWithAreErrors(t *testing.T) {
	for text, change := range map[string]func(*bench){
		"-rounds is 0":   func(b *bench) { b.rounds = 0 },
		"-events is 999": func(b *bench) { b.sizes.stream = 999 },
	} {
		b := newTestBench("", io.Discard)
		change(b)
		require.ErrorContains(t, b.run(t.Context()), text)
	}
}

func TestNamesOfComparisonsAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	b := &bench{sizes: defaultSizes}
	for _, s := range b.suites() {
		for _, c := range s.comparisons {
			require.False(t, seen[c.name], c.name)
			seen[c.name] = true
		}
	}
	require.Greater(t, len(seen), 70)
}
