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

// Start runs a server and returns once JetStream serves every stream of its
// directory. That takes as long as recovering them does, which nothing can
// interrupt; hence no context. It fails with a [ConfigError] for what the
// caller can change, [ErrInUse] within it if the directory is taken, and with a
// [NotRecoveredError] if the directory has streams that the server cannot
// recover: an encrypted one without its key, one that is damaged, or one of an
// account that is not configured. It fails with a [LostEndError] if the log of an
// event store lacks events that were there before (see the package
// documentation). It then leaves neither a server nor a lock behind, and the
// streams as they were. There is one exception: of a stream that is encrypted
// only the server can see that events are missing, and it may have cut off what lies
// behind a damaged one.
//
// A stream whose creation was interrupted, so that nothing was ever written to
// it, is removed, with a warning.
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
	log := newLogger(cfg.Logger)
	w := openWitness(cfg, opts, log)
	streams, err := prepare(opts, w, log)
	former, err2 := formerStaging(dir)
	if err := errors.Join(err, err2); err != nil {
		return nil, errors.Join(err, release())
	}
	staging, err := openStaging(cfg, opts, log)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	held := holdListener(opts)
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded: configure %s: %w", cfg.Name, err), staging.close(), release())
	}

	s := &Server{ns: ns, log: log}
	s.close = sync.OnceValue(func() error {
		err := w.close()
		ns.Shutdown()
		ns.WaitForShutdown()
		return errors.Join(err, staging.close(), release())
	})
	ns.SetLogger(s.log, false, false)
	ns.Start()
	for _, step := range []func() error{
		func() error { return await(cfg.Name, s.missing) },
		func() error { return s.checkRecovered(streams, dir) },
		func() error { defer staging.start(); return removeFolders(former) },
		func() error { return w.start(ns) },
		func() error { return s.listen(held) },
	} {
		if err := step(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.log.forget()
	s.url = clientURL(ns)
	return s, nil
}

// prepare looks at the directory before a server runs there, and removes the
// beginnings of streams. It returns the streams that the server has to recover.
func prepare(opts *server.Options, w *witness, log *logger) ([]streamFolder, error) {
	streams, leftovers, err := checkFolders(opts)
	if err == nil {
		err = w.compareFolders(streams)
	}
	if err == nil {
		err = removeLeftovers(leftovers, log)
	}
	return streams, err
}

// running reports whether s was started and is not closing.
func (s *Server) running() bool { return s != nil && s.ns.Running() }
