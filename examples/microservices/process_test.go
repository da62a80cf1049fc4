//go:build unix

package microservices_test

import (
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// timeout is how long anything may take that should happen at once. The machine
// may be busy.
const timeout = 30 * time.Second

// process is a program that runs.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdout lines
	stderr lines
	wait   func() error
}

// start starts a program, which ends with the test at the latest.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(program(t, name), args...)}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.cmd.Start())
	p.wait = sync.OnceValue(p.cmd.Wait)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.wait()
		require.NotContains(t, p.stderr.String(), "DATA RACE", name)
		if t.Failed() {
			t.Logf("%s\n%s%s", name, p.stdout.String(), p.stderr.String())
		}
	})
	return p
}

// finish waits for a program that ends by itself.
func (p *process) finish(t *testing.T) {
	t.Helper()
	require.NoError(t, p.wait(), "%s: %s", p.name, p.stderr.String())
}

// stop asks the program to end, and sees that it does so in order.
func (p *process) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.finish(t)
}

// kill kills the program, which cannot do anything about it.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	require.ErrorContains(t, p.wait(), "killed")
}

// address waits for the line that says where the program can be reached.
func (p *process) address(t *testing.T) string {
	t.Helper()
	var url string
	await(t, p.name+" listens", func() bool {
		_, rest, ok := strings.Cut(p.stdout.String(), p.name+" at ")
		url, _, _ = strings.Cut(rest, "\n")
		return ok && strings.Contains(rest, "\n")
	})
	return url
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	require.Eventually(t, so, timeout, 5*time.Millisecond, what)
}

// lines is what a program has written so far.
type lines struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// with returns the lines that hold a text, without one that is not complete.
func (l *lines) with(text string) []string {
	var some []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) && strings.HasSuffix(line, "\n") {
			some = append(some, strings.TrimSuffix(line, "\n"))
		}
	}
	return some
}
