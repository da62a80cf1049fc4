//go:build unix

package jetstream_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// A worker runs in a process of its own, which is this test's program started
// again: only a process can be killed at any step.
const (
	workerURL  = "JETSOURCE_TEST_WORKER"
	workerStep = "JETSOURCE_TEST_STEP" // where it kills itself; empty for nowhere
)

func init() { roles[workerURL] = runWorker }

// The steps of a reaction.
const (
	stepReceived  = "received"
	stepReacted   = "reacted"
	stepSent      = "sent"
	stepCommitted = "committed"
)

// killing is a store that kills its process when it is asked to record progress.
type killing struct {
	*plainStore
	step  string
	count int
}

func (k *killing) due(step string) bool {
	if step != k.step {
		return false
	}
	k.count++
	return k.count == 3
}

func (k *killing) dies(step string) {
	if k.due(step) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killing) Commit(ctx context.Context, commits ...plainCommit) ([]core.Committed[string, uint64, core.NoMetadata], error) {
	if k.due(stepSent) {
		time.AfterFunc(200*time.Microsecond, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	committed, err := k.plainStore.Commit(ctx, commits...)
	k.dies(stepCommitted)
	return committed, err
}

// runWorker is the worker's process: for each deposit it records a receipt.
func runWorker(url string) error {
	ctx := context.Background()
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		return err
	}
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return err
	}
	leases, err := jetstream.OpenLeases(ctx, nc, jetstream.LeaseConfig{})
	if err != nil {
		return err
	}
	k := &killing{plainStore: store, step: os.Getenv(workerStep)}
	receipts := reactor.Define("receipts", reactor.Produce(
		func(_ context.Context, e core.Recorded[deposited, string, uint64, core.NoMetadata]) ([]core.Commit[string, uint64, core.NoMetadata], error) {
			k.dies(stepReceived)
			fmt.Println("reacting to", e.Event.Amount)
			k.dies(stepReacted)
			return []core.Commit[string, uint64, core.NoMetadata]{{
				Key: core.Key[string]{Kind: "receipt", ID: e.Key.ID}, Unchecked: true,
				Events: []core.Event{receipt{e.Event.Amount}, receipt{e.Event.Amount}},
			}}, nil
		}))
	return reactor.NewWorker(k, receipts).WithLeases(leases).Run(ctx)
}

type receipt struct{ Of int }

func (receipt) EventKind() string { return "receipt.written" }

// workerProcess is a worker in a process of its own, and what it prints.
type workerProcess struct {
	*exec.Cmd
	first chan time.Time // when it reacted first
	ended chan struct{}
}

func startWorker(t *testing.T, url, step string) *workerProcess {
	t.Helper()
	p := &workerProcess{Cmd: exec.Command(os.Args[0]), first: make(chan time.Time, 1), ended: make(chan struct{})}
	p.Env = append(os.Environ(), workerURL+"="+url, workerStep+"="+step)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "reacting") {
				select {
				case p.first <- time.Now():
				default:
				}
			}
		}
		_ = p.Wait()
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	return p
}

// receiptsOf returns the numbers of the receipts, in order.
func receiptsOf(t *testing.T, s *plainStore) (of []int) {
	for _, e := range load(t, s, core.Filter[string, uint64]{EventKind: receipt{}.EventKind()}) {
		r, err := core.Decode[receipt](s, e)
		require.NoError(t, err)
		of = append(of, r.Of)
	}
	return of
}

func requireEachOnce(t *testing.T, s *plainStore, inputs int) {
	t.Helper()
	var want []int
	for i := range inputs {
		want = append(want, i, i)
	}
	require.Equal(t, want, receiptsOf(t, s), "the receipts of each deposit are there once, in order")
}

func openListening(t *testing.T) (*embedded.Server, *plainStore) {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir(), LazySync: true, Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return srv, s
}

func TestKilledWorkerRecordsEachOutputOnce(t *testing.T) {
	t.Parallel()
	const inputs = 60
	srv, s := openListening(t)
	for i := range inputs {
		_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{i}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	for _, step := range []string{stepReceived, stepReacted, stepSent, stepCommitted, stepSent, stepReacted} {
		p := startWorker(t, srv.URL(), step)
		<-p.ended
		require.False(t, p.ProcessState.Success(), "the worker was killed when it had %s", step)
	}
	startWorker(t, srv.URL(), "")
	eventually(t, func() bool { return len(receiptsOf(t, s)) >= 2*inputs }, "all deposits have receipts")
	requireEachOnce(t, s, inputs)
}

func TestStandbyWorkerTakesOverWithinSeconds(t *testing.T) {
	t.Parallel()
	srv, s := openListening(t)
	var inputs int
	var mu sync.Mutex
	next := func() {
		mu.Lock()
		defer mu.Unlock()
		_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{inputs}}, core.NoMetadata{})
		require.NoError(t, err)
		inputs++
	}
	next()
	active := startWorker(t, srv.URL(), "")
	<-active.first
	standby := startWorker(t, srv.URL(), "")
	for range 20 {
		next()
	}
	eventually(t, func() bool { return len(receiptsOf(t, s)) == 2*inputs }, "the active worker follows")
	select {
	case <-standby.first:
		t.Fatal("two workers react")
	default:
	}
	require.NoError(t, active.Process.Kill())
	killed := time.Now()
	for range 20 {
		next()
	}
	took := (<-standby.first).Sub(killed)
	eventually(t, func() bool { return len(receiptsOf(t, s)) >= 2*inputs }, "the other worker goes on")
	requireEachOnce(t, s, inputs)
	t.Logf("taken over after %v; %d inputs, %d outputs, 0 of them twice", took, inputs, 2*inputs)
	require.Less(t, took, 30*time.Second)
}

func TestFencedWorkerRecordsNothing(t *testing.T) {
	t.Parallel()
	srv, s := openListening(t)
	input := func(i int) {
		_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{i}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	input(0)
	paused := startWorker(t, srv.URL(), "")
	<-paused.first
	eventually(t, func() bool { return len(receiptsOf(t, s)) == 2 }, "the first worker is active")
	require.NoError(t, paused.Process.Signal(syscall.SIGSTOP))
	other := startWorker(t, srv.URL(), "")
	for i := range 10 {
		input(i + 1)
	}
	<-other.first
	require.NoError(t, paused.Process.Signal(syscall.SIGCONT))
	for i := range 10 {
		input(i + 11)
	}
	eventually(t, func() bool { return len(receiptsOf(t, s)) >= 42 }, "all deposits have receipts")
	requireEachOnce(t, s, 21)
}
