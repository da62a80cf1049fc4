package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/embedded"
)

// A server keeps its streams in a directory, and has them again when it is started
// on the same directory.
func ExampleStart_restart() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		visits, err := countVisit(embedded.Config{Dir: dir})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("visits:", visits)
	}
	if err := os.RemoveAll(dir); err != nil {
		log.Fatal(err)
	}
	// Output:
	// visits: 1
	// visits: 2
}

// countVisit starts a server, counts one visit and closes the server.
func countVisit(cfg embedded.Config) (visits uint64, err error) {
	srv, err := embedded.Start(cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return 0, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return 0, err
	}

	ctx := context.Background()
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "visits"})
	if err != nil {
		return 0, err
	}
	return kv.PutString(ctx, "last", "now")
}
