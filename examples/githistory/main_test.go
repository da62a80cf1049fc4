package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// With this variable set the test binary is the program, for tests that kill it.
const asProgram = "GITHISTORY_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func size() int {
	if *full {
		return 20_000
	}
	return 3_000
}

// imported runs the program and returns its output.
func imported(t testing.TB, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), args, &stdout, &stderr)
	t.Logf("githistory %q\n%s%s", args, stderr.String(), stdout.String())
	return stdout.String(), err
}

// requireOnce checks that the store of dir has each change of the repository,
// and each of them once.
func requireOnce(t testing.TB, dir, repo string) {
	t.Helper()
	type place struct{ id, hash string }
	files, parts := make(map[place]bool), make(map[ImportCommit]bool)
	whole := 0
	err := withStore(t.Context(), options{dir: dir}, func(s *store) error {
		for stored, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
			require.NoError(t, err)
			event, err := decode(s, stored)
			require.NoError(t, err)
			if e, ok := event.(ImportCommit); ok {
				require.Falsef(t, parts[e], "%+v is there twice", e)
				parts[e] = true
				if e.Part == e.Parts {
					whole++
				}
				continue
			}
			p := place{stored.Key.ID, stored.Metadata.Hash}
			require.Falsef(t, files[p], "%+v is there twice", p)
			files[p] = true
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, files, rawChanges(t, repo), "events of files")
	require.Equal(t, git(t, nil, "-C", repo, "rev-list", "--first-parent", "--count", "HEAD"), itoa(whole), "commits")
}

// writerFunc calls itself with what is written.
type writerFunc func(string)

func (f writerFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// interrupted runs the program and calls interrupt when it has reported progress
// for which when holds.
func interrupted(t testing.TB, when func(line string) bool, interrupt func(cancel func()), args ...string) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	once := false
	w := writerFunc(func(line string) {
		if !once && when(line) {
			once = true
			interrupt(cancel)
		}
	})
	err := run(ctx, append([]string{"-every", "1ns"}, args...), w, w)
	require.True(t, once, "the import was not interrupted")
	return err
}
