package powerfs_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

var losses20 = flag.Int("losses", 4, "how often a server loses power")

// load publishes to a server and remembers what was acknowledged.
type load struct {
	nc *nats.Conn
	js natsjs.JetStream

	mu    sync.Mutex // guards what follows
	acked map[uint64]string
	sent  map[string]bool
	count int
}

func newLoad() *load { return &load{acked: make(map[uint64]string), sent: make(map[string]bool)} }

// connect connects to a server and makes the stream if it is not there.
func (l *load) connect(t *testing.T, url string) natsjs.Stream {
	nc, err := nats.Connect(url, nats.NoReconnect())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := js.CreateOrUpdateStream(ctx, natsjs.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowDirect: true, AllowAtomicPublish: true, DenyDelete: true})
	require.NoError(t, err)
	l.nc, l.js = nc, js
	return s
}

// body makes a message of its own, of a length that chance chooses.
func (l *load) body(r *rand.Rand, batch string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("%d %s ", len(l.sent), batch)
	text += strings.Repeat("x", r.IntN(1000))
	l.sent[text] = true
	return text
}

func (l *load) ack(seq uint64, bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, b := range bodies {
		l.acked[seq+uint64(i)] = b
	}
	l.count += len(bodies)
}

// publish publishes until the server is gone: one message after another, and every
// third time some messages as a batch.
func (l *load) publish(ctx context.Context, r *rand.Rand) {
	for n := 0; ctx.Err() == nil && !l.nc.IsClosed(); n++ {
		if n%3 == 2 {
			l.publishBatch(ctx, r)
			continue
		}
		text := l.body(r, "")
		if ack, err := l.js.Publish(ctx, fmt.Sprintf("s.%d", r.IntN(100)), []byte(text)); err == nil {
			l.ack(ack.Sequence, text)
		}
	}
}

func (l *load) publishBatch(ctx context.Context, r *rand.Rand) {
	size := 2 + r.IntN(6)
	id := strconv.FormatUint(r.Uint64(), 36)
	var bodies []string
	for i := range size {
		m := nats.NewMsg(fmt.Sprintf("s.%d", r.IntN(100)))
		bodies = append(bodies, l.body(r, fmt.Sprintf("%s/%d", id, size)))
		m.Data = []byte(bodies[i])
		m.Header.Set("Nats-Batch-Id", id)
		m.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		if i < size-1 {
			_ = l.nc.PublishMsg(m)
			continue
		}
		m.Header.Set("Nats-Batch-Commit", "1")
		answer, err := l.nc.RequestMsgWithContext(ctx, m)
		var ack struct {
			Seq   uint64
			Count int
		}
		if err == nil && json.Unmarshal(answer.Data, &ack) == nil && ack.Count == size {
			l.ack(ack.Seq-uint64(size)+1, bodies...)
		}
	}
}

// run publishes from several places until some messages more were acknowledged,
// kills the server with fn in the midst of it, and waits for the end.
func (l *load) run(t *testing.T, r *rand.Rand, kill func()) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l.mu.Lock()
	enough := l.count + 50 + r.IntN(400)
	l.mu.Unlock()
	var all sync.WaitGroup
	for range 4 {
		source := rand.New(rand.NewPCG(r.Uint64(), 0))
		all.Go(func() { l.publish(ctx, source) })
	}
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.count >= enough
	}, "the server acknowledges messages")
	kill()
	cancel()
	all.Wait()
	l.nc.Close()
}

// verdict is what was found after losses of power.
type verdict struct {
	losses, acked, lost, unknown, torn int
	restart                            time.Duration // the longest
}

// check reads all of a stream, holds it against what was acknowledged, and from
// then on expects no more than was found.
func (l *load) check(t *testing.T, s natsjs.Stream, v *verdict) {
	found := readStream(t, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	for seq, text := range l.acked {
		if found[seq] != text {
			v.lost++
			delete(l.acked, seq)
		}
	}
	batches := make(map[string]int)
	for _, text := range found {
		if !l.sent[text] {
			v.unknown++
			continue
		}
		if batch := strings.SplitN(text, " ", 3)[1]; strings.Contains(batch, "/") {
			batches[batch]++
		}
	}
	for batch, n := range batches {
		if _, size, _ := strings.Cut(batch, "/"); size != strconv.Itoa(n) {
			v.torn++
		}
	}
	v.acked = l.count
}

func readStream(t *testing.T, s natsjs.Stream) map[uint64]string {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	info, err := s.Info(ctx)
	require.NoError(t, err)
	found := make(map[uint64]string)
	if info.State.Msgs == 0 {
		return found
	}
	c, err := s.OrderedConsumer(ctx, natsjs.OrderedConsumerConfig{})
	require.NoError(t, err)
	for len(found) < int(info.State.Msgs) {
		batch, err := c.Fetch(min(1000, int(info.State.Msgs)-len(found)), natsjs.FetchMaxWait(5*time.Second))
		require.NoError(t, err)
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			require.NoError(t, err)
			found[meta.Sequence.Stream] = string(m.Data())
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			require.NoError(t, err)
		}
	}
	return found
}

// losePower runs a server under load that loses power again and again.
func losePower(t *testing.T, sync bool, mode powerfs.Mode) verdict {
	t.Logf("seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, uint64(mode)))
	m := newMachine(t, sync, powerfs.Options{Seed: *seed, Mode: mode})
	m.start()
	l := newLoad()
	l.connect(t, m.url)
	var v verdict
	for range *losses20 {
		l.run(t, r, func() { v.restart = max(v.restart, m.losePower()) })
		v.losses++
		l.check(t, l.connect(t, m.url), &v)
	}
	t.Logf("%+v", v)
	kinds := m.warnings()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%5d %s", kinds[kind], kind)
	}
	return v
}

var disks = []powerfs.Mode{powerfs.DropAll, powerfs.Prefix, powerfs.Sectors}

func TestASyncedServerLosesNoAcknowledgedMessage(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			v := losePower(t, true, mode)
			require.Zero(t, v.lost)
			require.Zero(t, v.unknown)
		})
	}
}

// The control: the file system forgets.
func TestALazyServerLosesAcknowledgedMessages(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			require.NotZero(t, losePower(t, false, mode).lost)
		})
	}
	t.Run("not on a file system that keeps all", func(t *testing.T) {
		require.Zero(t, losePower(t, false, powerfs.KeepAll).lost)
	})
}
