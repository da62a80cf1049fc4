//go:build power

package powerfs_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// verdict is what was found after losses of power.
type verdict struct {
	losses  int
	acked   int           // messages that were acknowledged
	lost    int           // of them
	unknown int           // messages that were found and never sent
	torn    int           // batches of which a part was found
	ends    int           // losses after which acknowledged messages were missing
	restart time.Duration // the longest
}

// check reads what the streams hold, compares it with what was acknowledged, and
// forgets what is lost.
func (l *load) check(t *testing.T, v *verdict, messages, keys natsjs.Stream) {
	lost := v.lost
	l.checkMessages(readStream(t, messages), v)
	l.checkKeys(readStream(t, keys), v)
	v.losses++
	v.acked = l.count
	if v.lost > lost {
		v.ends++
	}
}

// stored is a message as it was found.
type stored struct{ subject, text string }

func (l *load) checkMessages(found map[uint64]stored, v *verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for seq, text := range l.acked {
		if found[seq].text != text {
			v.lost++
			delete(l.acked, seq)
		}
	}
	batches := make(map[string]int)
	for _, m := range found {
		if !l.sent[m.text] {
			v.unknown++
			continue
		}
		if batch := strings.SplitN(m.text, " ", 3)[1]; batch != "" {
			batches[batch]++
		}
	}
	v.torn = 0
	for batch, n := range batches {
		if _, size, _ := strings.Cut(batch, "/"); size != strconv.Itoa(n) {
			v.torn++
		}
	}
}

// checkKeys expects the last acknowledged value of each key, or one that was sent
// after it.
func (l *load) checkKeys(found map[uint64]stored, v *verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := make(map[string]int)
	for _, m := range found {
		text, _, _ := strings.Cut(m.text, " ")
		value, err := strconv.Atoi(text)
		if err != nil || !l.sent[m.subject+" "+strconv.Itoa(value-1)] {
			v.unknown++
		}
		values[m.subject] = value
	}
	for key, value := range l.keys {
		if values[key] < value {
			v.lost++
			delete(l.keys, key)
		}
	}
}

// readStream reads all of a stream. Servers that have just begun may answer nothing.
func readStream(t *testing.T, s natsjs.Stream) (found map[uint64]stored) {
	var err error
	for begun := time.Now(); time.Since(begun) < timeout; time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		found, err = tryReadStream(ctx, s)
		cancel()
		if err == nil {
			return found
		}
	}
	require.NoError(t, err, "stream %+v", s.CachedInfo())
	return nil
}

func tryReadStream(ctx context.Context, s natsjs.Stream) (map[uint64]stored, error) {
	found := make(map[uint64]stored)
	info, err := s.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return found, err
	}
	c, err := s.OrderedConsumer(ctx, natsjs.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	for last := uint64(0); last < info.State.LastSeq; {
		m, err := c.Next(natsjs.FetchContext(ctx))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		last = meta.Sequence.Stream
		found[last] = stored{m.Subject(), string(m.Data())}
	}
	return found, nil
}
