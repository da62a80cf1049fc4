package reader

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	// tailMessages and tailBytes bound what a tail keeps for loops that are slower than
	// others.
	tailMessages = 4096
	tailBytes    = 16 << 20
	// tailBatch is how many messages a loop takes at once.
	tailBatch = 256
)

// tail is what is live of the log, read once for all loops of a store that follow it: the
// latest messages that count, of every subject. A loop that comes to need older ones
// reads them by itself, and holds up no other.
type tail struct {
	mu      sync.Mutex // guards the fields below
	latest  []*wire.Message
	size    int    // of latest, in bytes
	from    uint64 // it has all messages from here on
	end     uint64 // the sequence after the latest message
	err     error  // why it ended; nil while it goes on
	waiting waiting
}

func newTail(from uint64) *tail { return &tail{from: from, end: from, waiting: make(waiting)} }

// errBehind says that a tail does not have the next message of a loop any more.
var errBehind = errors.New("tail has gone on")

// read returns messages on filters from sequence next on, at least one. It waits for
// them. After an error the loop goes on with the sequence that it returns.
func (t *tail) read(ctx context.Context, next uint64, filters []string) ([]*wire.Message, uint64, error) {
	for {
		messages, wait, err := t.since(next, filters)
		if len(messages) > 0 || err != nil {
			return messages, next, err
		}
		select {
		case <-wait.woken:
			next = wait.next
		case <-ctx.Done():
			t.mu.Lock()
			defer t.mu.Unlock()
			t.waiting.remove(wait)
			return nil, next, context.Cause(ctx)
		}
	}
}

// since returns messages on filters from sequence next on. If there are none, the loop is
// to wait.
func (t *tail) since(next uint64, filters []string) (messages []*wire.Message, wait *waiter, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if next < t.from {
		return nil, nil, errBehind
	}
	first := sort.Search(len(t.latest), func(i int) bool { return t.latest[i].Seq >= next })
	for _, m := range t.latest[first:] {
		if len(filters) > 0 && !slices.ContainsFunc(filters, m.On) {
			continue
		}
		if messages = append(messages, m); len(messages) == tailBatch {
			break
		}
	}
	if len(messages) > 0 || t.err != nil {
		return messages, nil, t.err
	}
	return nil, t.waiting.add(next, filters), nil
}

// add adds the next message, and forgets the oldest ones.
func (t *tail) add(m *wire.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest, t.size, t.end = append(t.latest, m), t.size+m.Size(), m.Seq+1
	for len(t.latest) > 1 && (len(t.latest) > tailMessages || t.size > tailBytes) {
		oldest := t.latest[0]
		t.latest[0] = nil
		t.latest, t.size, t.from = t.latest[1:], t.size-oldest.Size(), oldest.Seq+1
	}
	t.waiting.wake(m)
}

// fail ends the tail.
func (t *tail) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
	t.waiting.wakeAll(t.end)
}

func (t *tail) hasEnded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err != nil
}
