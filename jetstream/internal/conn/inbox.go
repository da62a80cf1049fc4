package conn

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// inbox receives the answers to all requests of a store through one
// subscription, also where one request has many answers.
type inbox struct {
	nc     *nats.Conn
	prefix string
	sub    *nats.Subscription
	life   context.Context // ends with close
	end    func()          // ends life and the watch of the connection
	late   func(*nats.Msg) // is given what no call waits for any more

	mu sync.Mutex // guards what follows
	calls
}

// calls are those that wait for answers.
type calls struct {
	next    uint64
	waiting map[string]*answers // by token
	lost    chan struct{}       // closed, and replaced, when the connection is lost
}

func newInbox(nc *nats.Conn, late func(*nats.Msg)) (*inbox, error) {
	in := &inbox{
		nc:     nc,
		late:   late,
		prefix: nc.NewInbox() + ".",
		calls:  calls{waiting: make(map[string]*answers), lost: make(chan struct{})},
	}
	var err error
	if in.sub, err = subscribe(nc, in.prefix+"*", in.deliver); err != nil {
		return nil, err
	}
	in.watch()
	return in, nil
}

// subscribe subscribes without a limit of what may be pending: that is bounded by
// what was asked for.
func subscribe(nc *nats.Conn, subject string, deliver nats.MsgHandler) (*nats.Subscription, error) {
	sub, err := nc.Subscribe(subject, deliver)
	if err != nil {
		return nil, err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, errors.Join(err, sub.Unsubscribe())
	}
	return sub, nil
}

// watch tells the calls that wait when the connection is lost, and their answers
// with it, until the inbox is closed.
func (in *inbox) watch() {
	statuses := in.nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	var watching sync.WaitGroup
	watching.Go(func() {
		for range statuses {
			in.mu.Lock()
			close(in.lost)
			in.lost = make(chan struct{})
			in.mu.Unlock()
		}
	})
	life, cancel := context.WithCancel(context.Background())
	in.life = life
	in.end = func() {
		cancel()
		in.nc.RemoveStatusListener(statuses)
		watching.Wait()
	}
}

// close ends every wait.
func (in *inbox) close() error {
	in.end()
	err := in.sub.Unsubscribe()
	for _, ended := range []error{nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrBadSubscription} {
		if errors.Is(err, ended) {
			return nil // the subscription ends, or has ended, with its connection
		}
	}
	return err
}

func (in *inbox) requests() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.next
}

func (in *inbox) deliver(m *nats.Msg) {
	in.mu.Lock()
	a := in.waiting[strings.TrimPrefix(m.Subject, in.prefix)]
	in.mu.Unlock()
	if a == nil {
		in.late(m)
		return
	}
	a.add(m)
}

// open returns the answers to a new reply subject. They must be closed.
func (in *inbox) open() *answers {
	a := in.newAnswers()
	in.mu.Lock()
	defer in.mu.Unlock()
	in.next++
	a.token = strconv.FormatUint(in.next, 36)
	in.waiting[a.token] = a
	return a
}

// newAnswers returns answers that the inbox delivers nothing to.
func (in *inbox) newAnswers() *answers {
	in.mu.Lock()
	defer in.mu.Unlock()
	return &answers{in: in, lost: in.lost, ready: make(chan struct{}, 1)}
}
