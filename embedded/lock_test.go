package embedded_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

func TestSecondServerOnADirectoryIsRefused(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir()}
	srv := start(t, cfg)
	requireInUse(t, cfg.Dir)

	require.NoError(t, srv.Close())
	start(t, cfg)
}

func TestSecondProcessOnADirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	srv := start(t, embedded.Config{Dir: dir})
	err := holder(t, dir).Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)

	require.NoError(t, srv.Close())
	cmd := startHolder(t, dir)
	requireInUse(t, dir)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "killed")
}

func TestKilledProcessLeavesStreamsAndNoLock(t *testing.T) {
	dir := t.TempDir()
	cmd := startHolder(t, dir)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "killed")

	js := connect(t, start(t, embedded.Config{Dir: dir}))
	stream, err := js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	msg, err := stream.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "kept", string(msg.Data))
}

// requireInUse checks that a server on dir is refused at once.
func requireInUse(t *testing.T, dir string) {
	t.Helper()
	start := time.Now()
	_, err := embedded.Start(embedded.Config{Dir: dir})
	require.ErrorIs(t, err, embedded.ErrInUse)
	require.Less(t, time.Since(start), time.Second)
	var bad *embedded.ConfigError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "Dir", bad.Field)
	require.Equal(t, dir, bad.Value)
}

// holder returns a second process that runs a server on dir.
func holder(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), holdDir+"="+dir)
	return cmd
}

// startHolder starts a second process and returns when its server runs on dir.
func startHolder(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := holder(t, dir)
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)
	return cmd
}
