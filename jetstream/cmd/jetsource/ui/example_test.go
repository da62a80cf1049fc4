package ui_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/ui"
)

type orderPlaced struct{ Total int }

func (orderPlaced) EventKind() string { return "order.placed" }

// The page of a store, and what it asks for. Without Config.Strike it only reads.
func ExampleServe() {
	if err := show(); err != nil {
		log.Fatal(err)
	}
	// Output: {"ids":["O-1"],"total":1}
}

func show() error {
	dir, err := os.MkdirTemp("", "ui")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := embedded.Start(embedded.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer server.Close()
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
	if err != nil {
		return err
	}
	defer store.Close()
	if _, err := core.CommitEvents(ctx, store, core.Key[string]{Kind: "order", ID: "O-1"}, []core.Event{orderPlaced{12}}, core.NoMetadata{}); err != nil {
		return err
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- ui.Serve(ctx, listener, ui.Config{Conn: nc, Stream: "EVENTS"}, in) }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	answer, err := http.Get(strings.TrimSpace(address) + "api/aggregates?kind=order")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	http.DefaultClient.CloseIdleConnections()
	cancel()
	return <-ended
}
