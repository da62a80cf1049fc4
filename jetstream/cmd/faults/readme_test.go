//go:build unix

package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
)

func TestTheReadmeHasEveryFaultCheckerControlAndFlag(t *testing.T) {
	data, err := os.ReadFile("README.md")
	require.NoError(t, err)
	text := string(data)
	for _, f := range faults {
		require.Contains(t, text, f.kind)
	}
	for _, c := range check.Checkers {
		require.Contains(t, text, fmt.Sprintf("| %s | %s", c.Name, c.Rule))
	}
	for _, c := range controls {
		require.Contains(t, text, fmt.Sprintf("| %s | %s | %s |", c.name, c.what, c.checker))
	}
	fs := quietFlags()
	_, err = parse(fs, nil)
	require.NoError(t, err)
	fs.VisitAll(func(f *flag.Flag) { require.Contains(t, text, "`-"+f.Name) })
}
