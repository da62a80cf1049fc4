package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// commitDir is the environment variable with the directory on which the test
// binary, as a second process, commits until it is killed or its standard input
// ends. commitLazily, if it is set, makes its server sync lazily.
const (
	commitDir    = "EMBEDDED_TEST_COMMIT"
	commitLazily = "EMBEDDED_TEST_LAZY"

	// commitStaging is the Staging of its server.
	commitStaging = "EMBEDDED_TEST_STAGING"
)

// lazily is a server on dir that syncs lazily, but often.
func lazily(dir string) embedded.Config {
	return embedded.Config{Dir: dir, LazySync: true, Options: func(o *server.Options) { o.SyncInterval = time.Second }}
}

// commitUntilKilled starts a server and prints the position of each commit.
func commitUntilKilled(dir string) int {
	cfg := embedded.Config{Dir: dir}
	if os.Getenv(commitLazily) != "" {
		cfg = lazily(dir)
	}
	cfg.Staging = os.Getenv(commitStaging)
	if err := commitUntil(cfg, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func commitUntil(cfg embedded.Config, in io.Reader) error {
	srv, err := embedded.Start(cfg)
	if err != nil {
		return err
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	if err != nil {
		return err
	}
	s, err := jetstream.Open[string, core.NoMetadata](context.Background(), nc, jetstream.Config{})
	if err != nil {
		return err
	}
	var ended atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, in)
		ended.Store(true)
	}()
	for i := 0; !ended.Load(); i++ {
		several := make([]core.Event, 1+i%4/3*5)
		for j := range several {
			several[j] = noted{fmt.Sprint(i, j)}
		}
		key := core.Key[string]{Kind: "account", ID: fmt.Sprint(i % 10)}
		position, err := core.CommitEvents(context.Background(), s, key, several, core.NoMetadata{})
		if err != nil {
			return err
		}
		fmt.Println(position)
	}
	nc.Close()
	return srv.Close()
}

// committer is a process that runs commitUntilKilled on dir.
func committer(t *testing.T, dir, staging string, lazy bool) (cmd *exec.Cmd, in io.Closer, out *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd = exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), commitDir+"="+dir, commitStaging+"="+staging)
	if lazy {
		cmd.Env = append(cmd.Env, commitLazily+"=1")
	}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, stdin, bufio.NewScanner(stdout)
}

// A server that is killed, or closed, under load has lost nothing that its witness
// knows. Each round is ended at a moment of its own; every fifth by Close.
func TestAKilledServerIsNoLostEnd(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		t.Run(fmt.Sprintf("lazy %v", lazy), func(t *testing.T) {
			t.Parallel()
			dir, staging, seed := t.TempDir(), t.TempDir(), rand.Uint64()
			t.Logf("seed %d", seed)
			rng := rand.New(rand.NewPCG(seed, 0))
			var last uint64
			for round := range soak(6, 20) {
				cmd, in, out := committer(t, dir, staging, lazy)
				commits := rng.IntN(20)
				if round%3 == 0 {
					commits = rng.IntN(soak(1000, 2500)) // longer than it takes until the witness is written
				}
				n := 0
				for ; n < commits && out.Scan(); n++ {
					position, err := strconv.ParseUint(out.Text(), 10, 64)
					require.NoError(t, err)
					last = position
				}
				require.Equal(t, commits, n, "round %d: the server did not start, or a commit failed", round)
				if round%5 == 4 {
					require.NoError(t, in.Close())
					for out.Scan() {
					}
					require.NoError(t, cmd.Wait(), "close")
					continue
				}
				require.NoError(t, cmd.Process.Kill())
				require.Error(t, cmd.Wait(), "killed")
			}
			cfg := embedded.Config{Dir: dir}
			if lazy {
				cfg = lazily(dir)
			}
			cfg.Staging = staging
			got, err := eventsIn(t, cfg)
			require.NoError(t, err)
			require.Empty(t, filesIn(t, staging), "what the killed servers left is removed")
			require.GreaterOrEqual(t, uint64(len(got.events)), last)
			require.FileExists(t, witnessOf(cfg))
			t.Logf("%d events", len(got.events))
		})
	}
}
