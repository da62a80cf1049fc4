package conn

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

var (
	// ErrNoAnswer says that a request was not answered in time.
	ErrNoAnswer = errors.New("no answer in time")

	errLost = errors.New("connection lost")
)

// answers are what has come to one reply subject and was not yet taken.
type answers struct {
	in    *inbox
	token string
	lost  <-chan struct{}
	ready chan struct{} // holds something after an add

	mu   sync.Mutex // guards msgs
	msgs []*nats.Msg
}

func (a *answers) close() {
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	delete(a.in.waiting, a.token)
}

// reply is the subject to which the answers are sent.
func (a *answers) reply() string { return a.in.prefix + a.token }

func (a *answers) add(m *nats.Msg) {
	a.mu.Lock()
	a.msgs = append(a.msgs, m)
	a.mu.Unlock()
	select {
	case a.ready <- struct{}{}:
	default:
	}
}

// take returns what has come, waiting until there is something. It returns
// [ErrNoAnswer] after wait, errLost with the connection, and otherwise why it
// need not wait any longer: the context ended, or the store was closed.
func (a *answers) take(ctx context.Context, wait time.Duration) ([]*nats.Msg, error) {
	if msgs := a.rest(); len(msgs) > 0 {
		return msgs, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		if msgs := a.rest(); len(msgs) > 0 {
			return msgs, nil
		}
		select {
		case <-a.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-a.in.life.Done():
			return nil, core.ErrClosed
		case <-a.lost:
			return nil, errLost
		case <-timer.C:
			return nil, ErrNoAnswer
		}
	}
}

// rest returns what has come and was not taken, without waiting.
func (a *answers) rest() []*nats.Msg {
	a.mu.Lock()
	defer a.mu.Unlock()
	msgs := a.msgs
	a.msgs = nil
	return msgs
}
