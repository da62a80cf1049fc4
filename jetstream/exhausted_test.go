package jetstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// Other clients may have begun as many batches as the server lets be open on a
// stream, and never end them. The server gives them up after a while.
func TestCommitWaitsWhileTooManyBatchesAreOpen(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	nc := connect(t, 1)
	for i := range 50 {
		m := &nats.Msg{Subject: cfg.Prefix + ".noted.account.held", Data: []byte("{}"), Header: nats.Header{
			"Nats-Batch-Id": {fmt.Sprint("held-", i)}, "Nats-Batch-Sequence": {"1"},
		}}
		answer, err := nc.RequestMsgWithContext(t.Context(), m)
		require.NoError(t, err)
		require.Empty(t, answer.Data, "batch %d is open", i)
	}
	var err error
	for try := range 20 {
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = core.CommitEvents(short, s, account("a"), notes("no place", 2), core.NoMetadata{})
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		if !errors.Is(err, core.ErrUnknownOutcome) {
			break
		}
		t.Log("the context ended in the middle of an attempt:", try)
	}
	require.NotErrorIs(t, err, core.ErrUnknownOutcome, "the server said that it did not take it")
	_, err = core.CommitEvents(t.Context(), s, account("b"), notes("needs none", 1), core.NoMetadata{})
	require.NoError(t, err)
	require.Len(t, load(t, s, of(account("b"))), 1, "reads go on")
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("a place", 2), core.NoMetadata{})
	require.NoError(t, err, "and so do commits, once the batches are given up")
	require.Len(t, load(t, s, of(account("a"))), 2)
}

func TestScanFailsAtTheLimitOfConsumers(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	sc := good(cfg)
	sc.MaxConsumers = 3 // the server's default is 1,000
	create(t, nc, sc)
	s, err := open(t, nc, cfg)
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("some", 4), core.NoMetadata{})
	require.NoError(t, err)
	js := jetStream(t, nc)
	for i := range 3 {
		_, err := js.CreateConsumer(t.Context(), cfg.Stream, natsjs.ConsumerConfig{Name: fmt.Sprint("other-", i)})
		require.NoError(t, err)
	}
	waiting := follow(s, core.Filter[string, uint64]{})
	_, err = failure(t, s, core.Filter[string, uint64]{EventKind: "noted"})
	require.ErrorIs(t, err, natsjs.ErrMaximumConsumersLimit)
	require.Len(t, load(t, s, of(account("a"))), 4, "an aggregate needs no consumer")
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("more", 2), core.NoMetadata{})
	require.NoError(t, err)
	require.NoError(t, js.DeleteConsumer(t.Context(), cfg.Stream, "other-0"))
	waiting.saw(t, load(t, s, of(account("a")))) // it has waited for a consumer
	eventually(t, func() bool { return streamInfo(t, nc, cfg.Stream).State.Consumers == 2 }, "its consumer is deleted")
	require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "noted"}), 3)
}

// limited is a server with an account that has limits.
func limited(t *testing.T, limits string) *nats.Conn {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(conf, []byte(`accounts { A { jetstream { `+limits+` }, users: [ { user: u, password: u } ] } }`), 0o600))
	opts, err := server.ProcessConfigFile(conf)
	require.NoError(t, err)
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) { o.Accounts, o.Users = opts.Accounts, opts.Users }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return login(t, srv, "u")
}

func TestOpenFailsAtTheLimitOfStreams(t *testing.T) {
	nc := limited(t, "max_streams: 1")
	s, err := open(t, nc, fresh(1))
	require.NoError(t, err)
	_, err = open(t, nc, fresh(1))
	var api *natsjs.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, natsjs.ErrorCode(10027), api.ErrorCode, "maximum number of streams")
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("the first", 2), core.NoMetadata{})
	require.NoError(t, err)
}

func TestFullAccountRefusesCommitsButNotReads(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 3} {
		nc := limited(t, "max_store: 100000")
		s := padded[core.NoMetadata](t, nc, fresh(1))
		events := make([]core.Event, size)
		for i := range events {
			events[i] = anyEvent{"heavy", i, strings.Repeat("x", 2000)}
		}
		recorded := 0
		var err error
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			_, err = core.CommitEvents(ctx, s, account("a"), events, core.NoMetadata{})
			if cancel(); err != nil {
				break
			}
			recorded += size
		}
		// The server refuses a lone event, and may leave a batch unanswered.
		require.True(t, errors.Is(err, jetstream.ErrStoreFull) || size > 1 && errors.Is(err, core.ErrUnknownOutcome), "%d events: %v", size, err)
		require.NotZero(t, recorded)
		if size == 1 {
			require.Len(t, load(t, s, of(account("a"))), recorded)
			continue
		}
		// An unreplicated server checks the limit of an account message by message,
		// while it writes a batch: it may write a part. That is not handed out.
		n := 0
		for _, err := range s.LoadEvents(t.Context(), of(account("a"))) {
			if err != nil {
				torn, ok := errors.AsType[*jetstream.ChainError](err)
				require.True(t, ok, "%v", err)
				require.Greater(t, torn.After, uint64(recorded), "what was acked is whole")
				continue
			}
			n++
		}
		require.GreaterOrEqual(t, n, recorded)
	}
}

// fullDisk is a directory on a disk of so many bytes, and a file that can fill
// it. It needs root.
func fullDisk(t *testing.T, size int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: a full disk; mounting a small one needs root")
	}
	dir := t.TempDir()
	if err := mount(dir, size); err != nil {
		t.Skipf("NOT TESTED: a full disk; a small one cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unmount(dir)) })
	return dir
}

// A server whose disk is full does not answer a commit at all.
func TestFullDiskLosesNoAckedEvent(t *testing.T) {
	t.Parallel()
	dir := fullDisk(t, 24<<20)
	srv, err := embedded.Start(embedded.Config{Dir: filepath.Join(dir, "jetstream"), LazySync: true})
	require.NoError(t, err)
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	cfg := impatient(1)
	cfg.Codec = anything{codec.JSON}
	s, err := open(t, nc, cfg)
	require.NoError(t, err)
	commit := func(n int, wait time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		_, err := core.CommitEvents(ctx, s, account(strconv.Itoa(n%7)), []core.Event{anyEvent{"heavy", n, strings.Repeat("x", 100_000)}}, core.NoMetadata{})
		return err
	}
	acked := make(map[int]bool)
	n := 0
	for ; n < 400; n++ {
		if err = commit(n, 10*time.Second); err != nil {
			break
		}
		acked[n] = true
	}
	require.Error(t, err, "24 MiB hold no 40 MB")
	t.Logf("full after %d commits: %v", len(acked), err)
	require.True(t, isFull(err), "%v", err)
	present := func(s *plainStore) map[int]bool {
		there := make(map[int]bool)
		for _, e := range load(t, s, core.Filter[string, uint64]{}) {
			event, err := numberOf(e)
			require.NoError(t, err)
			require.False(t, there[event], "%d is there twice", event)
			there[event] = true
		}
		return there
	}
	there := present(s)
	for n := range acked {
		require.True(t, there[n], "%d was acked; reads go on", n)
	}

	// With space again, and a restart, which the server needs, all goes on.
	require.NoError(t, s.Close())
	nc.Close()
	require.NoError(t, srv.Close())
	require.NoError(t, remount(dir, 64<<20))
	srv, err = embedded.Start(embedded.Config{Dir: filepath.Join(dir, "jetstream"), LazySync: true})
	require.NoError(t, err)
	defer srv.Close()
	nc, err = nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	s, err = open(t, nc, cfg)
	require.NoError(t, err)
	there = present(s)
	for n := range acked {
		require.True(t, there[n], "%d was acked", n)
	}
	require.NoError(t, commit(n+1, time.Minute))
}

func numberOf(e plainEvent) (int, error) {
	var event struct{ N int }
	err := json.Unmarshal(e.Data, &event)
	return event.N, err
}

// isFull reports whether the server refused a commit: otherwise it did not answer.
func isFull(err error) bool {
	return errors.Is(err, jetstream.ErrStoreFull) || errors.Is(err, core.ErrUnknownOutcome)
}
