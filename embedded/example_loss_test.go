package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// A server does not start over a store that lost events, unless the caller gives
// them up by the name of the stream.
func ExampleLostEndError() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	if err := commitNote(embedded.Config{Dir: dir}); err != nil {
		log.Fatal(err)
	}

	if err := os.RemoveAll(filepath.Join(dir, "jetstream")); err != nil {
		log.Fatal(err)
	}
	_, err = embedded.Start(embedded.Config{Dir: dir})
	if lost, ok := errors.AsType[*embedded.LostEndError](err); ok {
		for _, s := range lost.Stores {
			fmt.Printf("%s: %v, it had events up to position %d\n", s.Stream, s.Err, s.Last)
		}
	}

	err = commitNote(embedded.Config{Dir: dir, AcceptLoss: []string{"EVENTS"}})
	fmt.Println("accepted:", err)
	if err := os.RemoveAll(dir); err != nil {
		log.Fatal(err)
	}
	// Output:
	// EVENTS: the stream is gone, it had events up to position 1
	// accepted: <nil>
}

// commitNote starts a server, commits one event to its store and closes the server.
func commitNote(cfg embedded.Config) (err error) {
	srv, err := embedded.Start(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx := context.Background()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	key := core.Key[string]{Kind: "account", ID: "ACC-001"}
	_, err = core.CommitEvents(ctx, store, key, []core.Event{noted{"opened"}}, core.NoMetadata{})
	return err
}
