package reader

import (
	"context"
	"errors"
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
	size    int           // of latest, in bytes
	from    uint64        // it has all messages from here on
	err     error         // why it ended; nil while it goes on
	changed chan struct{} // closed at the next change; nil while no loop waits for it
}

// errBehind says that a tail does not have the next message of a loop any more.
var errBehind = errors.New("tail has gone on")

// read returns messages from sequence next on, at least one. It waits for them.
func (t *tail) read(ctx context.Context, next uint64) ([]*wire.Message, error) {
	for {
		messages, changed, err := t.look(next)
		if len(messages) > 0 || err != nil {
			return messages, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (t *tail) look(next uint64) (messages []*wire.Message, changed <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if next < t.from {
		return nil, nil, errBehind
	}
	first := sort.Search(len(t.latest), func(i int) bool { return t.latest[i].Seq >= next })
	if left := t.latest[first:]; len(left) > 0 {
		return append(messages, left[:min(len(left), tailBatch)]...), nil, nil
	}
	if t.err != nil {
		return nil, nil, t.err
	}
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return nil, t.changed, nil
}

// add adds the next message, and forgets the oldest ones.
func (t *tail) add(m *wire.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest, t.size = append(t.latest, m), t.size+m.Size()
	for len(t.latest) > 1 && (len(t.latest) > tailMessages || t.size > tailBytes) {
		oldest := t.latest[0]
		t.latest[0] = nil
		t.latest, t.size, t.from = t.latest[1:], t.size-oldest.Size(), oldest.Seq+1
	}
	t.wake()
}

func (t *tail) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
	t.wake()
}

func (t *tail) hasEnded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err != nil
}

func (t *tail) wake() {
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}
