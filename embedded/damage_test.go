package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// flipEvery is how many bytes lie between two bits that are flipped, each in a
// directory of its own.
func flipEvery() int { return soak(997, 100) }

// damagedStore is a closed directory with a store of 100 events in several
// blocks.
func damagedStore(t *testing.T) embedded.Config {
	t.Helper()
	cfg := embedded.Config{Dir: t.TempDir()}
	srv, err := embedded.Start(cfg)
	require.NoError(t, err)
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{MaxBytes: 120_000})
	require.NoError(t, err)
	for i := range 25 {
		var several []core.Event
		for j := range 1 + i%2*6 {
			several = append(several, noted{fmt.Sprintf("text %d.%d %s", i, j, strings.Repeat("x", 150))})
		}
		_, err := core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: fmt.Sprint(i % 5)}, several, core.NoMetadata{})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	nc.Close()
	require.NoError(t, srv.Close())
	return cfg
}

// TestNoDamageLosesEventsSilently damages each file of a directory in turn. Bits
// are flipped only where all blocks are read before the server runs: it may use up
// all memory for one.
func TestNoDamageLosesEventsSilently(t *testing.T) {
	for _, c := range []struct {
		name            string
		indexed, verify bool
	}{
		{"closed", true, false},
		{"closed and verified", true, true},
		{"killed, so that there is no index", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			full := damagedStore(t)
			all, err := eventsIn(t, full)
			require.NoError(t, err)
			require.Len(t, all.events, 97)
			if !c.indexed {
				crashed(t, full.Dir)
			}
			table := make(map[string]int)
			for _, file := range filesOf(t, full.Dir) {
				data, err := os.ReadFile(filepath.Join(full.Dir, file))
				require.NoError(t, err)
				for name, damage := range damages(data, c.verify || !c.indexed) {
					cfg := embedded.Config{Dir: copyDir(t, full.Dir), Verify: c.verify}
					require.NoError(t, damage(filepath.Join(cfg.Dir, file), slices.Clone(data)))
					outcome := outcomeOf(t, cfg, all.events)
					kind, _, _ := strings.Cut(name, " ")
					table[fmt.Sprintf("%-48s %-8s %s", file, kind, outcome)]++
					require.NotEqual(t, "SILENT LOSS", outcome, "%s %s", file, name)
					if c.verify || !c.indexed {
						require.NotContains(t, outcome, "hole that", "%s %s", file, name)
					}
					require.NoError(t, os.RemoveAll(cfg.Dir))
				}
			}
			for _, line := range slices.Sorted(maps.Keys(table)) {
				t.Logf("%5d x %s", table[line], line)
			}
		})
	}
}

// damages is what is done to a file. Without flips, a bit is flipped only in the
// text of an event.
func damages(data []byte, flips bool) map[string]func(path string, data []byte) error {
	all := map[string]func(path string, data []byte) error{
		"removed": harm["removed"],
		"emptied": harm["emptied"],
		"halved":  func(path string, _ []byte) error { return cutInHalf(path) },
	}
	flip := func(at, bit int) {
		all[fmt.Sprintf("flipped at %d", at)] = func(path string, data []byte) error {
			data[at] ^= 1 << bit
			return os.WriteFile(path, data, 0o600)
		}
	}
	if at := bytes.Index(data, []byte("text 3.")); at >= 0 {
		flip(at, 0)
	}
	step := min(flipEvery(), len(data)/4+1)
	for i, at := 0, step/2; flips && at < len(data); i, at = i+1, at+step {
		flip(at, i%8)
	}
	return all
}

// outcomeOf says how the loss of events shows, if there is one.
func outcomeOf(t *testing.T, cfg embedded.Config, want []string) string {
	t.Helper()
	got, err := eventsIn(t, cfg)
	var lost *embedded.LostEndError
	var refused *embedded.NotRecoveredError
	switch {
	case errors.As(err, &lost):
		return "Start: " + lost.Stores[0].Err.Error()
	case errors.As(err, &refused):
		return "Start: " + firstWords(refused.Streams[0].Err)
	case err != nil:
		return "store: " + firstWords(err)
	case slices.Equal(got.events, want):
		return "all events"
	case got.state.Msgs < got.state.LastSeq:
		return "hole that the stream's state shows"
	case uint64(len(got.events)) < got.state.LastSeq:
		return "hole that only the positions show"
	default:
		return "SILENT LOSS"
	}
}

func firstWords(err error) string {
	fields := strings.Fields(err.Error())
	return strings.Join(fields[:min(len(fields), 9)], " ")
}

// filesOf are the files below dir, relative to it.
func filesOf(t *testing.T, dir string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "LOCK" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found = append(found, name)
		return err
	}))
	return found
}
