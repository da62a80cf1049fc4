//go:build unix

package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

// A manager runs in a process of its own, and shares a reactor with others: each deposit has a
// receipt, and a timer that is due a second later and has a second one.
const managerURL = "JETSOURCE_TEST_MANAGER"

func init() { roles[managerURL] = runManager }

// statement is what a timer is set with, and what becomes of it.
type statement struct{ Of int }

func (statement) EventKind() string { return "statement.sent" }

func runManager(url string) error {
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
	manager := reactor.Define("manager",
		reactor.Produce(func(ctx context.Context, e plainRecorded) ([]plainCommit, error) {
			err := reactor.SetTimer(ctx, fmt.Sprint(e.Event.Amount), e.Time.Add(time.Second), statement{e.Event.Amount})
			return []plainCommit{{Key: core.Key[string]{Kind: "receipt", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{receipt{e.Event.Amount}}}}, err
		}),
		reactor.Due(func(_ context.Context, e core.Recorded[statement, string, uint64, core.NoMetadata]) ([]plainCommit, error) {
			return []plainCommit{{Key: core.Key[string]{Kind: "statement", ID: e.Key.ID}, Unchecked: true, Events: []core.Event{e.Event}}}, nil
		}),
	)
	return reactor.NewWorker(store, manager).WithLeases(leases).Run(ctx)
}

func startManager(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), managerURL+"="+url)
	require.NoError(t, p.Start())
	return p
}

func kill(p *exec.Cmd) {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// Of three processes one is killed each second, and another takes its place. With a long form.
func TestOutputsAndTimersAreOnceThoughProcessesAreKilled(t *testing.T) {
	t.Parallel()
	srv, s := openListening(t)
	const accounts = 40
	managers := make([]*exec.Cmd, 3)
	for i := range managers {
		managers[i] = startManager(t, srv.URL())
	}
	t.Cleanup(func() {
		for _, p := range managers {
			kill(p)
		}
	})
	inputs := 0
	begun := time.Now()
	for second := range soak(3, 120) {
		for time.Since(begun) < time.Duration(second+1)*time.Second {
			var events []core.Event
			for range 4 {
				events = append(events, deposited{inputs})
				inputs++
			}
			_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(inputs%accounts)), events, core.NoMetadata{})
			require.NoError(t, err)
			time.Sleep(20 * time.Millisecond)
		}
		kill(managers[second%3])
		managers[second%3] = startManager(t, srv.URL())
	}
	count := func() int { return len(load(t, s, core.Filter[string, uint64]{EventKind: statement{}.EventKind()})) }
	require.Eventually(t, func() bool { return count() >= inputs }, time.Minute, 200*time.Millisecond, "all timers have fired")
	received := map[int]time.Time{}
	for _, e := range load(t, s, core.Filter[string, uint64]{EventKind: deposited{}.EventKind()}) {
		d, err := core.Decode[deposited](s, e)
		require.NoError(t, err)
		received[d.Amount] = e.Time
	}
	var longest, late time.Duration
	receipts, statements := map[int]int{}, map[int]int{}
	for _, e := range load(t, s, core.Filter[string, uint64]{EventKind: receipt{}.EventKind()}) {
		r, err := core.Decode[receipt](s, e)
		require.NoError(t, err)
		receipts[r.Of]++
		longest = max(longest, e.Time.Sub(received[r.Of]))
	}
	for _, e := range load(t, s, core.Filter[string, uint64]{EventKind: statement{}.EventKind()}) {
		r, err := core.Decode[statement](s, e)
		require.NoError(t, err)
		statements[r.Of]++
		late = max(late, e.Time.Sub(received[r.Of])-time.Second)
	}
	for i := range inputs {
		require.Equal(t, 1, receipts[i], "receipts of %d", i)
		require.Equal(t, 1, statements[i], "statements of %d", i)
	}
	require.Len(t, receipts, inputs)
	t.Logf("%d inputs, %d outputs, %d timers fired, 0 twice, 0 missing; %d kills; the longest pause was %v, the latest timer %v late",
		inputs, len(receipts), len(statements), soak(3, 120), longest.Round(time.Millisecond), late.Round(time.Millisecond))
}
