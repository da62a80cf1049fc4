//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process that dies in the middle leaves nothing half done and nothing twice.
func TestGoesOnAfterKill(t *testing.T) {
	repo, dir := filepath.Join(t.TempDir(), "r.git"), t.TempDir()
	generate(t, repo, size())
	kills := 0
	for range 5 {
		if !killed(t, 1+rand.IntN(15), "-dir", dir, repo) {
			break
		}
		kills++
	}
	require.Positive(t, kills)
	out, err := imported(t, "-dir", dir, repo)
	require.NoError(t, err)
	require.Contains(t, out, "differences: 0\n")
	requireOnce(t, dir, repo)
}

// killed runs the program in a process of its own and kills it once it has
// reported so many commits; false if it was done before.
func killed(t *testing.T, commits int, args ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-every", "1ns"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		var done int
		if n, _ := fmt.Sscanf(lines.Text(), "%d of", &done); n == 0 {
			t.Log(lines.Text())
		}
		if done >= commits {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		require.NoError(t, err)
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok && status.Signaled(), "the program failed: %v", err)
	t.Logf("killed after %d commits", commits)
	return true
}
