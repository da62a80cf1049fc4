package jetstream

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

var (
	errNoAnswer    = errors.New("no answer in time")
	errLost        = errors.New("connection lost")
	errNoResponder = errors.New("no server answers")
)

// inbox receives the answers to all requests of a store through one
// subscription, also where one request has many answers.
type inbox struct {
	nc       *nats.Conn
	prefix   string
	sub      *nats.Subscription
	statuses chan nats.Status
	life     context.Context // ends with close
	end      context.CancelFunc
	watching sync.WaitGroup

	mu      sync.Mutex
	next    uint64
	waiting map[string]*answers
	lost    chan struct{} // closed, and replaced, when the connection is lost
}

func openInbox(nc *nats.Conn) (*inbox, error) {
	in := &inbox{
		nc:      nc,
		prefix:  nc.NewInbox() + ".",
		waiting: make(map[string]*answers),
		lost:    make(chan struct{}),
	}
	in.life, in.end = context.WithCancel(context.Background())
	sub, err := nc.Subscribe(in.prefix+"*", in.deliver)
	if err != nil {
		return nil, err
	}
	// What is pending is bounded by what was asked for.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, errors.Join(err, sub.Unsubscribe())
	}
	in.sub = sub
	in.statuses = nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	in.watching.Go(in.watch)
	return in, nil
}

// watch tells those who wait that answers on their way were lost.
func (in *inbox) watch() {
	for range in.statuses {
		in.mu.Lock()
		close(in.lost)
		in.lost = make(chan struct{})
		in.mu.Unlock()
	}
}

// used tells how many requests have been made: where it has grown, the store is
// in use.
func (in *inbox) used() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.next
}

func (in *inbox) deliver(m *nats.Msg) {
	in.mu.Lock()
	a := in.waiting[strings.TrimPrefix(m.Subject, in.prefix)]
	in.mu.Unlock()
	if a != nil {
		a.add(m)
	}
}

// close ends every wait.
func (in *inbox) close() error {
	in.end()
	in.nc.RemoveStatusListener(in.statuses)
	in.watching.Wait()
	err := in.sub.Unsubscribe()
	for _, ended := range []error{nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrBadSubscription} {
		if errors.Is(err, ended) {
			return nil // the subscription ends, or has ended, with its connection
		}
	}
	return err
}

// answers are what has come to one reply subject and was not yet taken.
type answers struct {
	in    *inbox
	token string
	asked getRequest // of a read
	lost  <-chan struct{}
	ready chan struct{} // holds something after an add

	mu   sync.Mutex
	msgs []*nats.Msg
}

// open returns a new reply subject to wait at. It must be closed.
func (in *inbox) open() *answers {
	a := in.apart()
	in.mu.Lock()
	defer in.mu.Unlock()
	in.next++
	a.token = strconv.FormatUint(in.next, 36)
	in.waiting[a.token] = a
	return a
}

// apart returns answers that come through a subscription of their own.
func (in *inbox) apart() *answers {
	in.mu.Lock()
	defer in.mu.Unlock()
	return &answers{in: in, lost: in.lost, ready: make(chan struct{}, 1)}
}

func (a *answers) close() {
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	delete(a.in.waiting, a.token)
}

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
// errNoAnswer after wait, errLost with the connection, and otherwise why it
// need not wait any longer: the context ended, or the store was closed.
func (a *answers) take(ctx context.Context, wait time.Duration) ([]*nats.Msg, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		a.mu.Lock()
		msgs := a.msgs
		a.msgs = nil
		a.mu.Unlock()
		if len(msgs) > 0 {
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
			return nil, errNoAnswer
		}
	}
}

// poll returns the first answer if one has come.
func (a *answers) poll() *nats.Msg {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.msgs) == 0 {
		return nil
	}
	return a.msgs[0]
}

// status returns the status that a server put in place of an answer; 0 if m is
// an answer.
func status(m *nats.Msg) int {
	if len(m.Header) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(m.Header.Get(headerStatus))
	return n
}
