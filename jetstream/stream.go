package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stream is the part of a store that knows nothing of identifiers, metadata and
// codecs: the connection, the stream, and what is read from and written to it.
type stream struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	cfg    Config
	inbox  *inbox
	groups *groups

	storeID    string
	replicated atomic.Bool                       // answers to reads may lag behind what was acked
	maxMessage atomic.Int64                      // bytes of header and data; 0 for no limit of the stream's own
	drift      atomic.Pointer[StreamConfigError] // why commits are refused since the stream has changed
	watching   sync.WaitGroup

	leaderGet string // request subjects
	directGet string
	ackBegins []byte // of the plain answer to a publish

	batches chan struct{} // one place for each open batch
}

// maxOpenBatches leaves other stores on the stream some of the server's 50.
const maxOpenBatches = 32

// openStream finds or creates the stream.
func openStream(ctx context.Context, nc *nats.Conn, cfg Config) (*stream, error) {
	if err := connected(ctx, nc); err != nil {
		return nil, err
	}
	if err := checkServerVersion(nc.ConnectedServerVersion()); err != nil {
		return nil, err
	}
	js, err := newJetStream(nc, cfg.Domain)
	if err != nil {
		return nil, err
	}
	info, err := findStream(ctx, js, cfg)
	if err != nil {
		return nil, err
	}
	in, err := openInbox(nc)
	if err != nil {
		return nil, err
	}
	s := &stream{
		nc: nc, js: js, cfg: cfg, inbox: in,
		storeID:   storeID(info),
		leaderGet: cfg.apiPrefix() + "STREAM.MSG.GET." + cfg.Stream,
		directGet: cfg.apiPrefix() + "DIRECT.GET." + cfg.Stream,
		ackBegins: fmt.Appendf(nil, `{"stream":"%s","seq":`, cfg.Stream),
		batches:   make(chan struct{}, maxOpenBatches),
	}
	s.groups = newGroups(s)
	s.adopt(info)
	connected := nc.StatusChanged(nats.CONNECTED)
	s.watching.Go(func() {
		defer nc.RemoveStatusListener(connected)
		s.watch(connected)
	})
	return s, nil
}

// close ends what is under way, and returns when nothing of the store is left.
func (s *stream) close() error {
	err := s.inbox.close()
	s.groups.close()
	s.watching.Wait()
	return err
}

// connected waits until the client is connected: before, it knows nothing of its
// server.
func connected(ctx context.Context, nc *nats.Conn) error {
	changed := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changed)
	for !nc.IsConnected() {
		if nc.IsClosed() {
			return nats.ErrConnectionClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// openWait bounds a request about the stream. While a stream is being made on a
// cluster, there may be nobody yet to answer for it.
const openWait = 2 * time.Second

// errAgain says that an attempt to find the stream came to nothing.
var errAgain = errors.New("try again")

// newJetStream returns the client's JetStream of a domain; empty for the server's
// own.
func newJetStream(nc *nats.Conn, domain string) (jetstream.JetStream, error) {
	if domain == "" {
		return jetstream.New(nc)
	}
	return jetstream.NewWithDomain(nc, domain)
}

// findStream adopts the stream if it exists and keeps what the store promises,
// and creates it if it does not exist and need not.
func findStream(ctx context.Context, js jetstream.JetStream, cfg Config) (*jetstream.StreamInfo, error) {
	for {
		info, err := tryStream(ctx, js, cfg)
		silent := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
		if !silent && !errors.Is(err, errAgain) {
			if errors.Is(err, context.DeadlineExceeded) {
				err = fmt.Errorf("%w: a server that denies a request does not answer it", err)
			}
			return info, err
		}
	}
}

// tryStream is one attempt of findStream.
func tryStream(ctx context.Context, js jetstream.JetStream, cfg Config) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	found, err := js.Stream(ctx, cfg.Stream)
	switch {
	case err == nil:
		return found.CachedInfo(), checkStream(found.CachedInfo(), cfg)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("%w: %w", ErrNoJetStream, err)
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, err
	case cfg.MustExist:
		return nil, fmt.Errorf("%w: no stream %s: %w", ErrNoStore, cfg.Stream, err)
	}
	created, err := js.CreateStream(ctx, streamConfig(cfg))
	var api *jetstream.APIError
	switch {
	case err == nil:
		// A server of old leaves out what it does not know.
		return created.CachedInfo(), checkStream(created.CachedInfo(), cfg)
	case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		return nil, errAgain // somebody else was faster
	case errors.As(err, &api) && api.ErrorCode == codeOverlap:
		return nil, &OverlapError{Stream: cfg.Stream, Prefix: cfg.Prefix}
	default:
		return nil, fmt.Errorf("create stream %s: %w", cfg.Stream, err)
	}
}
