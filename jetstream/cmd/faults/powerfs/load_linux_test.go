//go:build power

package powerfs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// load publishes to a server and remembers what was acknowledged.
type load struct {
	replicas int
	nc       *nats.Conn
	js       natsjs.JetStream

	mu    sync.Mutex        // guards what follows
	sent  map[string]bool   // every message
	acked map[uint64]string // messages by their sequences
	keys  map[string]int    // the last acknowledged value of each key
	count int               // of what was acknowledged
}

func newLoad(replicas int) *load {
	return &load{replicas: replicas, sent: make(map[string]bool), acked: make(map[uint64]string), keys: make(map[string]int)}
}

// connect connects to a server, and makes the streams that are not there.
func (l *load) connect(t *testing.T, url string) (messages, keys natsjs.Stream) {
	nc, err := nats.Connect(url, nats.NoReconnect())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	create := func(cfg natsjs.StreamConfig) (s natsjs.Stream) {
		cfg.Replicas, cfg.AllowDirect = l.replicas, true
		eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			s, err = js.Stream(ctx, cfg.Name)
			if err != nil {
				s, err = js.CreateStream(ctx, cfg)
			}
			return err == nil
		}, "the server has the stream")
		return s
	}
	l.nc, l.js = nc, js
	messages = create(natsjs.StreamConfig{Name: "MESSAGES", Subjects: []string{"m.>"}, AllowAtomicPublish: true, DenyDelete: true})
	return messages, create(natsjs.StreamConfig{Name: "KEYS", Subjects: []string{"k.>"}, MaxMsgsPerSubject: 1})
}

// run publishes from several places until enough says so, and kills the server in
// the midst of it.
func (l *load) run(t *testing.T, r *rand.Rand, enough func() bool, kill func()) {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	var all sync.WaitGroup
	for i := range 4 {
		source := rand.New(rand.NewPCG(r.Uint64(), 0))
		all.Go(func() { l.publish(ctx, source, i) })
	}
	eventually(t, enough, "the server has done enough")
	kill()
	l.nc.Close()
	cancel()
	all.Wait()
}

// acknowledged tells whether some more was acknowledged.
func (l *load) acknowledged(more int) func() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	more += l.count
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.count >= more
	}
}

// publish publishes single messages, batches and values of keys, until the server
// is gone.
func (l *load) publish(ctx context.Context, r *rand.Rand, number int) {
	for ctx.Err() == nil && !l.nc.IsClosed() {
		switch r.IntN(4) {
		case 0:
			l.publishBatch(ctx, r)
		case 1:
			l.publishValue(ctx, fmt.Sprintf("k.%d.%d", number, r.IntN(20)), r)
		default:
			text := l.message(r, "")
			if ack, err := l.js.Publish(ctx, "m.single", []byte(text)); err == nil {
				l.ack(ack.Sequence, text)
			}
		}
	}
}

func (l *load) publishBatch(ctx context.Context, r *rand.Rand) {
	size := 2 + r.IntN(6)
	id := strconv.FormatUint(r.Uint64(), 36)
	var texts []string
	for i := range size {
		m := nats.NewMsg("m.batch")
		texts = append(texts, l.message(r, fmt.Sprintf("%s/%d", id, size)))
		m.Data = []byte(texts[i])
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
			l.ack(ack.Seq-uint64(size)+1, texts...)
		}
	}
}

// publishValue gives a key, which has no other writer, its next value.
func (l *load) publishValue(ctx context.Context, key string, r *rand.Rand) {
	l.mu.Lock()
	l.sent[key+" "+strconv.Itoa(len(l.sent))] = true
	value := len(l.sent)
	l.mu.Unlock()
	text := strconv.Itoa(value) + " " + strings.Repeat("x", r.IntN(500))
	if _, err := l.js.Publish(ctx, key, []byte(text)); err == nil {
		l.mu.Lock()
		l.keys[key] = value
		l.count++
		l.mu.Unlock()
	}
}

// message makes a message that no other is like, of a length that chance chooses.
func (l *load) message(r *rand.Rand, batch string) string {
	length := r.IntN(1000)
	if r.IntN(20) == 0 {
		length = r.IntN(200_000) // so that a message block is soon full
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("%d %s %s", len(l.sent), batch, strings.Repeat("x", length))
	l.sent[text] = true
	return text
}

func (l *load) ack(first uint64, texts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, text := range texts {
		l.acked[first+uint64(i)] = text
	}
	l.count += len(texts)
}
