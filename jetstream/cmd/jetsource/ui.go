package main

import (
	"context"
	"flag"
	"net"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/ui"
)

func uiCommand() command {
	listen, leases, write := "", "", false
	return command{
		name: "ui", short: "a page for the browser: live events, histories, reactors, health",
		long: `Serves a page that shows the store as it changes, and prints its address. It reads only, unless
--write is given: then the address that is printed holds a token, and the page that is opened by
it can steer reactors and strike out messages. Whoever reaches the address can read: leave it on
127.0.0.1, and reach it from elsewhere by a tunnel with the same port on both sides.`,
		flags: func(set *flag.FlagSet) {
			set.StringVar(&listen, "listen", "127.0.0.1:0", "address of the page")
			set.StringVar(&leases, "leases", defaultLeases, "bucket of the leases of reactors")
			set.BoolVar(&write, "write", false, "let the page steer reactors and strike out messages")
		},
		run: func(ctx context.Context, p *program, _ []string) error { return p.ui(ctx, listen, leases, write) },
	}
}

func (p *program) ui(ctx context.Context, listen, leases string, write bool) error {
	l, nc, err := p.openLog(ctx, nats.MaxReconnects(-1)) // the page outlives an outage
	if err != nil {
		return err
	}
	defer nc.Close()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // mostly closed by then
	cfg := ui.Config{Conn: nc, Stream: p.to.stream, Domain: p.to.domain, Listen: listen, Leases: leases}
	if write {
		cfg.Strike = p.striker(nc, l)
	}
	return ui.Serve(ctx, listener, cfg, p.out)
}

func (p *program) striker(nc *nats.Conn, l *rawlog.Log) func(context.Context, uint64, string) error {
	return func(ctx context.Context, at uint64, reason string) error { return p.strikeOut(ctx, nc, l, at, reason) }
}
