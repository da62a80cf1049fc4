//go:build unix

package jetstream_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

// effectsURL is set in the process of a worker with effects, which it prints.
const effectsURL = "JETSOURCE_TEST_EFFECTS"

func init() { roles[effectsURL] = runEffects }

func runEffects(url string) error {
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		return err
	}
	store, err := jetstream.Open[string, core.NoMetadata](context.Background(), nc, jetstream.Config{})
	if err != nil {
		return err
	}
	leases, err := jetstream.OpenLeases(context.Background(), nc, jetstream.LeaseConfig{TTL: 600 * time.Millisecond})
	if err != nil {
		return err
	}
	r := reactor.Define("mailer", reactor.On(func(ctx context.Context, e plainRecorded) error {
		fmt.Println(e.Position, ctx.Err() != nil)
		time.Sleep(5 * time.Millisecond)
		return nil
	}))
	return reactor.NewWorker(store, r).WithLeases(leases).Run(context.Background())
}

// startEffects starts the process of a worker whose effects are noted.
func (e *effects) startEffects(t *testing.T, url, name string) *exec.Cmd {
	t.Helper()
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), effectsURL+"="+url)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var position uint64
			var late bool
			if _, err := fmt.Fscan(strings.NewReader(lines.Text()), &position, &late); err == nil {
				e.add(name, position, late)
			}
		}
		_ = p.Wait()
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-ended
	})
	return p
}

// Two processes of which the active one is paused, again and again, for longer than its
// lease lasts: when it goes on it finishes the reaction that was under way, and begins
// no other.
func TestWorkerThatIsPausedStopsWhenItGoesOn(t *testing.T) {
	t.Parallel()
	srv, s := openListening(t)
	commitBacklog(t, s)
	e := &effects{by: make(map[uint64][]string)}
	workers := map[string]*exec.Cmd{}
	for _, name := range []string{"a", "b"} {
		workers[name] = e.startEffects(t, srv.URL(), name)
	}
	for range soak(2, 50) {
		var last string
		_, events := e.since()
		eventually(t, func() bool { var now int; last, now = e.since(); return now > events+5 }, "the active worker goes on")
		require.NoError(t, workers[last].Process.Signal(syscall.SIGSTOP))
		eventually(t, func() bool { now, _ := e.since(); return now != last }, "the other worker takes over")
		require.NoError(t, workers[last].Process.Signal(syscall.SIGCONT))
		commitBacklog(t, s)
	}
	both, hands := e.requireNoneLate(t)
	require.LessOrEqual(t, both, hands*unkept)
}
