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
	// holes is true if one of three servers may keep a hole for good, which the others have not.
	holes() bool

	syncDisks()
	enough(acked *answers, r *rand.Rand) func() bool // when power is to fail
	losePower(r *rand.Rand)
	startAgain()

	// settle returns what each server holds, once all hold the same or do not come to;
	// nil for a single server. Renew puts new servers in the place of those.
	settle() *replicas
	renew()
}

// storeTest is a store under load that loses power again and again.
type storeTest struct {
	t       *testing.T
	r       *rand.Rand
	servers servers
	answers answers
	stores  []*store // of the writers; they live on
	watch   *watch
	logged  *logTail
	found   storeVerdict
}

func newStoreTest(t *testing.T, s servers, r *rand.Rand) *storeTest {
	x := &storeTest{t: t, r: r, servers: s, answers: answers{begun: time.Now(), timeout: 30 * time.Second}, logged: new(logTail), found: newStoreVerdict()}
	if s.lazy() { // a commit on a version that is lost has no answer: it may be on its way still
		x.answers.timeout = 2 * time.Second
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
	cfg := jetstream.Config{Replicas: x.servers.replicas(), GroupCommit: group, Logger: slog.New(slog.NewTextHandler(x.logged, nil)), Timeout: storeTime}
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
// when it was back, and false if the writers stood still before.
func (x *storeTest) lose(number int) (cut, back time.Duration, lost bool) {
	ctx, cancel := context.WithTimeout(x.t.Context(), timeout)
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
	lost = within(timeout/2, x.servers.enough(&x.answers, x.r))
	cut = x.answers.now()
	close(stop)
	if !lost {
		all.Wait()
		return cut, cut, false
	}
	x.servers.losePower(x.r)
	back = x.answers.now()
	x.servers.startAgain()
	all.Wait()
	return cut, back, true
}

// round loses power once, and checks what is left. What a store makes of servers that differ
// has rules of its own.
func (x *storeTest) round(number int) {
	before := len(x.found.violation)
	x.found.stalls = nil
	cut, back, lost := x.lose(number)
	if lost {
		x.found.times++
	} else {
		x.found.stall("the writers stand still")
	}
	if x.servers.lazy() {
		if r := x.servers.settle(); r != nil && r.diverged() {
			x.checkDiverged(number, r, "after the loss")
			return
		}
	}
	if lost {
		x.checkRound(number, cut, back)
	}
	r := x.servers.settle()
	switch {
	case r != nil && r.diverged() && x.servers.lazy():
		x.t.Logf("round %d, due to servers that differ: %v", number, append(x.found.violation[before:], x.found.stalls...))
		x.found.blame(before)
		x.checkDiverged(number, r, "after the round")
		return
	case r != nil && !r.agree() && x.servers.lazy():
		x.found.behind++
		x.t.Logf("round %d: servers do not catch up: %v\n%s", number, x.found.stalls, r.table())
		x.startAnew()
		return
	case r != nil && !r.agree() && x.servers.holes():
		x.found.holed++
		x.t.Logf("round %d: a server has a hole: %v\n%s", number, append(x.found.violation[before:], x.found.stalls...), r.table())
		x.found.blameHole(before)
		x.startAnew()
		return
	case r != nil && !r.agree():
		x.found.add("the servers do not hold the same:\n%s", r.table())
	}
	x.found.violation = append(x.found.violation, x.found.stalls...)
	if len(x.found.violation) > before {
		x.t.Logf("round %d: %v", number, x.found.violation[before:])
		if r != nil {
			x.t.Log("\n" + r.table())
		}
		x.t.Log("stores:\n" + x.logged.String())
	}
	require.True(x.t, lost, "the writers stand still")
}

// startAnew has other servers and stores take the place of those.
func (x *storeTest) startAnew() {
	x.watch.close()
	for _, s := range x.stores {
		require.NoError(x.t, s.Close())
	}
	x.servers.renew()
	x.answers.ops = nil
	x.openAll()
}

// checkRound checks what is left after a loss of power.
func (x *storeTest) checkRound(number int, cut, back time.Duration) {
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
	x.found.checkWatch(x.watch, log)
	require.NoError(x.t, s.Close())
	nc.Close()
}

// leaveLost asks the stores that were there before the loss what they make of the log,
// and opens others instead.
func (x *storeTest) leaveLost(gone bool, before int) {
	if gone {
		x.found.checkGone(x.watch, before)
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
