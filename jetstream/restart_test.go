package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// restarted is a server that may be closed and started again on its directory.
type restarted struct {
	mu  sync.Mutex
	srv *embedded.Server
}

func (r *restarted) InProcessConn() (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.srv.InProcessConn()
}

func (r *restarted) start(t testing.TB, dir string) {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Dir: dir, LazySync: true})
	require.NoError(t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.srv = srv
}

func (r *restarted) close(t testing.TB) {
	t.Helper()
	r.mu.Lock()
	srv := r.srv
	r.mu.Unlock()
	require.NoError(t, srv.Close())
}

// traffic is writers and readers that go on through every fault, and what they
// read.
type traffic struct {
	recorder
	cfg     jetstream.Config
	servers nats.InProcessConnProvider
	timeout time.Duration // of each call
	done    chan struct{}
	all     sync.WaitGroup

	sync.Mutex
	acked map[core.Key[string]]uint64 // the last position that was acked
	reads []read
	acks  atomic.Int64
}

// read is what a load of an aggregate saw, and what had been acked before.
type read struct {
	key    core.Key[string]
	acked  uint64
	events []plainEvent
}

func (tr *traffic) open(t testing.TB) *plainStore {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(tr.servers), nats.MaxReconnects(-1), nats.Timeout(5*time.Second),
		nats.ReconnectWait(10*time.Millisecond), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, tr.cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func (tr *traffic) start(t *testing.T, rng *rand.Rand, writers, readers int) {
	t.Helper()
	tr.done, tr.acked = make(chan struct{}), make(map[core.Key[string]]uint64)
	for w := range writers + readers {
		s, own := tr.open(t), rand.New(rand.NewPCG(rng.Uint64(), uint64(w)))
		tr.all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-tr.done:
					return
				default:
				}
				start := time.Now()
				if w < writers {
					tr.write(s, w, n, own)
				} else {
					tr.read(t, s, own)
				}
				if took := time.Since(start); took > tr.timeout+30*time.Second {
					t.Errorf("a call took %v, its context %v", took, tr.timeout)
				}
			}
		})
	}
}

func (tr *traffic) key(rng *rand.Rand) core.Key[string] { return account(fmt.Sprint(rng.IntN(6))) }

func (tr *traffic) write(s *plainStore, w, n int, rng *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), tr.timeout)
	defer cancel()
	name, key, size := fmt.Sprintf("%d/%d", w, n), tr.key(rng), 1+rng.IntN(3)
	var position uint64
	var err error
	if rng.IntN(2) == 0 {
		position, err = tr.one(ctx, s, name, key, nil, size)
	} else {
		var at core.Version[uint64]
		if at, err = s.Version(ctx, key); err == nil {
			position, err = tr.one(ctx, s, name, key, &at, size)
		}
	}
	if err == nil {
		tr.acks.Add(1)
		tr.Lock()
		tr.acked[key] = max(tr.acked[key], position)
		tr.Unlock()
	}
}

func (tr *traffic) read(t *testing.T, s *plainStore, rng *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), tr.timeout)
	defer cancel()
	r := read{key: tr.key(rng)}
	tr.Lock()
	r.acked = tr.acked[r.key]
	tr.Unlock()
	for e, err := range s.LoadEvents(ctx, of(r.key)) {
		if err != nil {
			if _, broken := errors.AsType[*jetstream.ChainError](err); broken {
				t.Errorf("read of %v: %v", r.key, err)
			}
			return
		}
		r.events = append(r.events, e)
	}
	tr.Lock()
	tr.reads = append(tr.reads, r)
	tr.Unlock()
}

// goesOn waits until some more commits were acked.
func (tr *traffic) goesOn(t testing.TB, more int64) {
	t.Helper()
	want := tr.acks.Load() + more
	require.Eventually(t, func() bool { return tr.acks.Load() >= want }, time.Minute, 5*time.Millisecond, "commits go on")
}

// gaps returns those of commits that a server was ended in.
func (tr *traffic) gaps(t testing.TB, s *plainStore) []jetstream.Gap {
	t.Helper()
	gaps, err := s.Gaps(t.Context())
	require.NoError(t, err)
	return gaps
}

// settle checks the outcomes, and that each read saw a beginning of the final
// log with everything that had been acked before it.
func (tr *traffic) settle(t *testing.T) results {
	t.Helper()
	close(tr.done)
	tr.all.Wait()
	s := tr.open(t)
	log := load(t, s, core.Filter[string, uint64]{})
	v := tr.check(t, log, tr.gaps(t, s)...)
	final := make(map[core.Key[string]][]plainEvent)
	for _, e := range log {
		final[e.Key] = append(final[e.Key], e)
	}
	events := 0
	for _, r := range tr.reads {
		all := final[r.key]
		require.LessOrEqual(t, len(r.events), len(all))
		for i, e := range r.events {
			require.Equal(t, all[i], e)
		}
		if r.acked > 0 {
			require.NotEmpty(t, r.events, "what was acked at %d is read", r.acked)
			require.GreaterOrEqual(t, r.events[len(r.events)-1].Position, r.acked, "what was acked is read")
		}
		events += len(r.events)
	}
	require.NotEmpty(t, tr.reads)
	t.Logf("%v; %d reads of %d events", v, len(tr.reads), events)
	return v
}

func TestRestartLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	dir := t.TempDir()
	srv := &restarted{}
	srv.start(t, dir)
	defer srv.close(t)
	cfg := jetstream.Config{AckWait: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	tr := &traffic{cfg: cfg, servers: srv, timeout: 20 * time.Second}
	tr.start(t, rng, 4, 2)
	for range 3 {
		tr.goesOn(t, 40)
		srv.close(t)
		srv.start(t, dir)
	}
	tr.goesOn(t, 40)
	v := tr.settle(t)
	require.Zero(t, v.unknown, "there was time to find out")
}

func TestLossOfTheLeaderLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	servers, err := embedded.StartCluster(3, embedded.Config{})
	require.NoError(t, err)
	defer servers.Close()
	cfg := jetstream.Config{Replicas: 3, AckWait: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	tr := &traffic{cfg: cfg, servers: servers, timeout: 30 * time.Second}
	tr.start(t, rng, 4, 3)
	watcher, err := nats.Connect("", nats.InProcessServer(servers), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	defer watcher.Close()
	for range soak(1, 4) {
		tr.goesOn(t, 100)
		leader := streamInfo(t, watcher, "EVENTS").Cluster.Leader
		gone := -1
		for i := range 3 {
			if servers.Server(i).Name() == leader {
				gone = i
			}
		}
		require.GreaterOrEqual(t, gone, 0, "the leader %s is one of the members", leader)
		require.NoError(t, servers.Server(gone).Close())
		tr.goesOn(t, 100)
		require.NoError(t, servers.Restart(gone))
	}
	tr.goesOn(t, 100)
	v := tr.settle(t)
	require.Zero(t, v.unknown, "there was time to find out")
}
