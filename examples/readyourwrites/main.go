// Readyourwrites shows how one sees one's own write in a read model of another
// process: a command returns a version, the version travels as text or JSON,
// and whoever is given it waits for it before it answers.
//
//	go run ./examples/readyourwrites
//
// The two processes are played by two connections to one server, each with a
// store and a live projection of its own. They share nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
)

func main() { local.Main("readyourwrites", run) }

func run(ctx context.Context, out io.Writer) (err error) {
	srv, err := embedded.Start(embedded.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	writer, err := startProcess(ctx, srv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, writer.end()) }()
	reader, err := startProcess(ctx, srv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.end()) }()
	s := &story{writer, reader, out}
	return s.tell(ctx)
}

// process is what one process has of its own.
type process struct {
	nc    *nats.Conn
	store *jetstream.Store[string, core.NoMetadata]
	tasks *Tasks
	list  *LiveList

	stop  context.CancelFunc // of follow; nil before it
	ended chan error         // what Run of the list returned
}

func startProcess(ctx context.Context, srv *embedded.Server) (*process, error) {
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &process{nc: nc, store: store, tasks: core.NewRepository(store, task), list: projection.NewLive(store, list)}, nil
}

// follow begins to keep the list up to date.
func (p *process) follow(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.ended = make(chan error, 1)
	go func() { p.ended <- p.list.Run(ctx) }()
}

// end ends the list, then the store, then the connection.
func (p *process) end() error {
	var err error
	if p.stop != nil {
		p.stop()
		err = <-p.ended
	}
	err = errors.Join(err, p.store.Close())
	p.nc.Close()
	return err
}
