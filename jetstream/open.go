package jetstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// stream is the part of a store that knows nothing of identifiers, metadata and
// codecs.
type stream struct {
	cfg     Config
	storeID string
	conn    *conn.Conn
	reader  *reader.Reader
	writer  *writer.Writer

	maxMessage atomic.Int64          // bytes of header and data; 0 for no limit of the stream's own
	drift      atomic.Pointer[drift] // why commits are refused since the store was opened
	watching   sync.WaitGroup
}

// openStream finds or creates the stream.
func openStream(ctx context.Context, nc *nats.Conn, cfg Config) (*stream, error) {
	if err := waitConnected(ctx, nc); err != nil {
		return nil, err
	}
	if err := checkServerVersion(nc.ConnectedServerVersion(), cfg.Replicas); err != nil {
		return nil, err
	}
	js, err := newJetStream(nc, cfg.Domain)
	if err != nil {
		return nil, err
	}
	if err := checkOverlap(ctx, js, cfg); err != nil {
		return nil, err
	}
	info, err := findStream(ctx, js, cfg)
	if err != nil {
		return nil, err
	}
	s := &stream{cfg: cfg, storeID: storeID(info)}
	s.conn, err = conn.New(nc, js, s.connConfig())
	if err != nil {
		return nil, err
	}
	s.reader = reader.New(s.conn, cfg.MaxScans, s.checkIdentity)
	s.writer = writer.New(s.conn, cfg.GroupCommit, s.writable)
	s.adopt(info)
	if err := s.repairEnd(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	connected := nc.StatusChanged(nats.CONNECTED)
	s.watching.Go(func() {
		defer nc.RemoveStatusListener(connected)
		s.watchConfig(connected)
	})
	return s, nil
}

// connConfig says how the store sends requests.
func (s *stream) connConfig() conn.Config {
	lost := make(map[uint64]bool, len(s.cfg.LostPositions))
	for _, p := range s.cfg.LostPositions {
		lost[p] = true
	}
	return conn.Config{
		Stream: s.cfg.Stream, APIPrefix: s.cfg.apiPrefix(), AckWait: s.cfg.AckWait, Timeout: s.cfg.Timeout, Logger: s.cfg.Logger,
		Lost: lost, OtherAck: s.otherAck,
	}
}

// repairEnd finds what a loss of power, or a damaged file, did to the log. A commit
// that lost its end is closed. If that fails for now, as without the right to write
// or on a full stream, readers pass over the commit all the same, and commits try
// again.
func (s *stream) repairEnd(ctx context.Context) error {
	if _, err := s.conn.State(ctx); err != nil || s.cfg.ReadOnly {
		return err
	}
	err := s.writer.RepairEnd(ctx)
	if err != nil && s.conn.Usable(ctx) == nil {
		s.cfg.Logger.WarnContext(ctx, "the commit at the end of the log is not whole", "stream", s.cfg.Stream, "error", err)
		return nil
	}
	return err
}

// close ends what is under way, and returns when nothing of the store is left.
func (s *stream) close() error {
	err := s.conn.Close()
	s.writer.Close()
	s.reader.Close()
	s.watching.Wait()
	return err
}

// waitConnected waits until the client is connected: before that, it knows nothing
// of its server.
func waitConnected(ctx context.Context, nc *nats.Conn) error {
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

// newJetStream returns the client's JetStream of a domain; empty for the server's
// own.
func newJetStream(nc *nats.Conn, domain string) (jetstream.JetStream, error) {
	if domain == "" {
		return jetstream.New(nc)
	}
	return jetstream.NewWithDomain(nc, domain)
}
