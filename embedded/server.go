package embedded

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a nats-server in this process. Its methods may be called from any
// goroutine.
type Server struct {
	ns    *server.Server
	log   *logger
	url   string
	close func() error
}

// Start starts a server and returns once JetStream serves every stream of its
// directory. It takes no context, since nothing can interrupt the recovery of
// streams. For a mistake that the caller can correct the error is a [ConfigError],
// around [ErrInUse] if another server uses the directory. After an error neither a
// server nor a lock is left.
func Start(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return start(cfg, nil)
}

// InProcessConn returns a new connection to the server through memory, for
// nats.InProcessServer. The error is net.ErrClosed after Close.
func (s *Server) InProcessConn() (net.Conn, error) {
	conn, err := s.ns.InProcessConn()
	if err != nil && !s.ns.Running() {
		err = net.ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("embedded: connect to %s: %w", s.Name(), err)
	}
	return conn, nil
}

// URL returns the URL for clients outside the process, "" if the server does not
// listen.
func (s *Server) URL() string { return s.url }

// Name returns the server's name. The servers of a cluster have different names, by
// which clients see, for example, which of them leads a stream.
func (s *Server) Name() string { return s.ns.Name() }

// Close stops the server. It returns when nothing of the server runs any more, the
// directory is unlocked, and a temporary directory is removed. Connections are
// closed; for a connection whose client does not read, Close waits for the server's
// write deadline, 10 seconds unless Options sets it. Later calls return the same.
func (s *Server) Close() error { return s.close() }

// start starts a server of a checked Config. If m is not nil, the server joins a
// cluster as m, in the background.
func start(cfg Config, m *member) (*Server, error) {
	dir, release, err := claimDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	opts := cfg.options(dir)
	if m != nil {
		m.join(opts)
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded: configure %s: %w", cfg.Name, err), release())
	}

	s := &Server{ns: ns, log: newLogger(cfg.Logger)}
	s.close = sync.OnceValue(func() error {
		ns.Shutdown()
		ns.WaitForShutdown()
		return release()
	})
	ns.SetLogger(s.log, false, false)
	ns.Start()
	if err := await(cfg.Name, s.missing); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.url = clientURL(ns)
	return s, nil
}

// running reports whether s was started and is not closing.
func (s *Server) running() bool { return s != nil && s.ns.Running() }
