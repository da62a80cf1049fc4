// Package ui is the page of the operator's program: what happens in a store, its aggregates
// and their histories, what came from what, and how the store is, in a browser and as it
// changes. It reads the log without the types of the application, and writes only if it is
// given something to write with.
package ui

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
)

// Config says which store the page shows.
type Config struct {
	Conn           *nats.Conn
	Stream, Domain string // of the store; an empty domain is that of the connected server

	// Listen is the address as it was given: its host may be a name of this machine, by
	// which the page is asked for too. Empty for the listener's address alone.
	Listen string
	// Leases is the bucket with the leases of reactors; empty for none.
	Leases string
	// Strike has readers pass over the message at a position. Nil for a page that only reads: it
	// does not steer reactors either.
	Strike func(ctx context.Context, position uint64, reason string) error
}

// server answers the requests of the page.
type server struct {
	Config
	hosts  map[string]bool // by which it may be asked
	token  string          // that a write must have; empty if there are none
	ending context.Context // when it does, so do the streams
	listed listing
}

func newServer(ctx context.Context, addr net.Addr, cfg Config) *server {
	s := &server{Config: cfg, hosts: ownHosts(addr, cfg.Listen), ending: ctx}
	if cfg.Strike != nil {
		s.token = rand.Text()
	}
	return s
}

// Serve answers requests until ctx ends. It writes the address of the page to out: with
// the token in its fragment, which browsers do not send, if the page may write.
func Serve(ctx context.Context, listener net.Listener, cfg Config, out io.Writer) error {
	ending, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	s := newServer(ending, listener.Addr(), cfg)
	h := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	h.RegisterOnShutdown(end)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	fragment := ""
	if s.token != "" {
		fragment = "#token=" + s.token
	}
	_, err := fmt.Fprintf(out, "http://%s/%s\n", listener.Addr(), fragment)

	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-served:
			return err
		}
	}
	hurry, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if drain := h.Shutdown(hurry); drain != nil {
		err = errors.Join(err, drain, h.Close())
	}
	if reason := <-served; !errors.Is(reason, http.ErrServerClosed) {
		err = errors.Join(err, reason)
	}
	return err
}

// handler returns all that can be asked for.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", page())
	for path, ask := range map[string]query{
		"store": s.store, "kinds": s.kinds, "aggregates": s.aggregates, "history": s.history,
		"event": s.event, "gaps": s.gaps, "health": s.health, "reactors": s.reactors,
	} {
		mux.HandleFunc("GET /api/"+path, s.answer(ask))
	}
	mux.HandleFunc("GET /api/updates", s.updates)
	mux.HandleFunc("GET /api/trace", s.trace)
	mux.HandleFunc("POST /api/strike", s.strike)
	mux.HandleFunc("POST /api/steer", s.steer)
	return s.guard(mux)
}
