package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

type store = jetstream.Store[string, Meta]

// withStore calls use with the store that the options name.
func withStore(ctx context.Context, o options, use func(*store) error) (err error) {
	url := o.nats
	var connect []nats.Option
	if url == "" {
		// LazySync, because the import can be done again: what a crash of the
		// machine takes from the end of the log, it takes from the progress too.
		srv, err := embedded.Start(embedded.Config{Dir: o.dir, LazySync: true, Logger: slog.Default()})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, srv.Close()) }()
		connect = append(connect, nats.InProcessServer(srv))
	}
	nc, err := nats.Connect(url, connect...)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", url, err)
	}
	defer nc.Close()

	s, err := jetstream.Open[string, Meta](ctx, nc, jetstream.Config{Stream: "GITHISTORY", Prefix: "githistory"})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}
