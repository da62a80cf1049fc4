//go:build power

package powerfs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// buffer is 8 MiB by default in nats.go. What a client publishes while it is disconnected
// reaches the server that starts again before the end of its log is looked at.
var buffer = flag.Int("buffer", -1, "bytes that a client may publish while it is disconnected; -1 for none")

// servers are what a store is on: one server, or three.
type servers interface {
	address() string
	replicas() int
	lazy() bool // servers do not sync what they ack

	syncDisks()
	enough(acked *answers, r *rand.Rand) func() bool // when power is to fail
	losePower(r *rand.Rand)
	startAgain()
}

// storeTest is a store under load that loses power again and again.
type storeTest struct {
	t       *testing.T
	r       *rand.Rand
	servers servers
	answers answers
	stores  []*store // of the writers; they live on
	watch   *watch
	found   storeVerdict
}

func newStoreTest(t *testing.T, s servers, r *rand.Rand) *storeTest {
	x := &storeTest{t: t, r: r, servers: s, answers: answers{begun: time.Now(), patience: 30 * time.Second}, found: storeVerdict{torn: make(map[string]bool)}}
	if s.lazy() { // a commit on a version that is lost has no answer: it may be on its way still
		x.answers.patience = 2 * time.Second
	}
	x.openAll()
	t.Cleanup(func() { x.watch.close() })
	return x
}

// openAll opens the writers' stores, and the subscription of one of them.
func (x *storeTest) openAll() {
	x.stores = nil
	for _, group := range []jetstream.GroupCommit{jetstream.GroupCommitAlways, jetstream.GroupCommitAuto, jetstream.GroupCommitNever} {
		s, _ := x.open(group)
		x.stores = append(x.stores, s)
	}
	x.watch = newWatch(x.t.Context(), x.stores[0])
}

// open opens a store over a connection of its own, which comes back by itself.
func (x *storeTest) open(group jetstream.GroupCommit) (s *store, nc *nats.Conn) {
	nc, err := nats.Connect(x.servers.address(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectBufSize(*buffer),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(x.t, err)
	x.t.Cleanup(nc.Close)
	cfg := jetstream.Config{Replicas: x.servers.replicas(), GroupCommit: group, Logger: slog.New(slog.DiscardHandler)}
	eventually(x.t, func() bool {
		ctx, cancel := context.WithTimeout(x.t.Context(), 10*time.Second)
		defer cancel()
		s, err = jetstream.Open[string, core.NoMetadata](ctx, nc, cfg)
		return err == nil
	}, "the store is opened")
	x.t.Cleanup(func() { require.NoError(x.t, s.Close()) })
	return s, nc
}

// lose has writers commit, takes the power in the midst of it, and returns when the
// servers run again and every writer has its answer. It tells when power was cut and
// when it was back.
func (x *storeTest) lose(number int) (cut, back time.Duration) {
	ctx, cancel := context.WithTimeout(x.t.Context(), patience)
	defer cancel()
	if x.servers.lazy() {
		x.servers.syncDisks() // what is there is some time old
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i, s := range x.stores {
		for j := range 3 {
			r := rand.New(rand.NewPCG(x.r.Uint64(), 0))
			all.Go(func() { x.answers.write(ctx, stop, s, fmt.Sprintf("%d-%d-%d", number, i, j), r) })
		}
	}
	eventually(x.t, x.servers.enough(&x.answers, x.r), "the servers have done enough")
	cut = x.answers.now()
	close(stop)
	x.servers.losePower(x.r)
	back = x.answers.now()
	x.servers.startAgain()
	all.Wait()
	return cut, back
}

// round loses power once, and checks what is left.
func (x *storeTest) round(number int) {
	cut, back := x.lose(number)
	x.found.times++
	s, nc := x.open(jetstream.GroupCommitAuto)
	log := readLog(x.t, nc)
	x.check(log, cut, back, s)
	gone := !x.watch.isOf(log)
	before, _ := x.watch.received()
	if gone && x.servers.lazy() {
		x.watch.awaitEnd(5 * time.Second)
	}
	x.found.goOn(x.t, &x.answers, s)
	log = readLog(x.t, nc)
	x.check(log, cut, back, s)
	if x.servers.lazy() {
		x.leaveLost(gone, len(before))
	} else {
		x.check(log, cut, back, x.stores[number%len(x.stores)])
	}
	x.found.checkWatch(x.t, x.watch, log)
	require.NoError(x.t, s.Close())
	nc.Close()
}

// leaveLost asks the stores that were there before the loss what they make of the log,
// and opens others instead.
func (x *storeTest) leaveLost(gone bool, before int) {
	if gone {
		x.found.checkGone(x.t, x.watch, before)
	}
	x.watch.close()
	for _, s := range x.stores {
		_, err := s.Version(x.t.Context(), aggregates()[0])
		if _, lost := errors.AsType[*jetstream.LostEndError](err); lost {
			x.found.refused++
		} else if err != nil {
			x.found.add("a store that was there before: %v", err)
		}
		require.NoError(x.t, s.Close())
	}
	x.openAll()
}

// check compares answers and readers with the log.
func (x *storeTest) check(log []history.Entry, cut, back time.Duration, stores ...*store) {
	x.answers.mu.Lock()
	h := &history.History{Ops: x.answers.ops, Log: log}
	if x.servers.lazy() {
		x.found.forgetLost(h, cut, back)
		x.answers.ops = h.Ops
	}
	x.found.acked = x.answers.acked
	x.answers.mu.Unlock()
	x.found.checkHistory(h)
	for _, s := range stores {
		x.found.checkReaders(x.t, s, log)
		x.found.checkGaps(x.t, s, log)
	}
}

// losePowerUnderStore loses power many times, and returns what was found.
func losePowerUnderStore(t *testing.T, s servers, mode powerfs.Mode, times int) *storeVerdict {
	t.Logf("seed %d", *seed)
	x := newStoreTest(t, s, rand.New(rand.NewPCG(*seed, uint64(mode))))
	for number := range times {
		x.round(number)
	}
	t.Log(&x.found)
	for _, v := range x.found.violation {
		t.Error(v)
	}
	return &x.found
}
