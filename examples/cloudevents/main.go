// Cloudevents has two programs that know CloudEvents, and not each other's store: one
// records payments and posts them, in the binary and in the structured mode, and the other
// takes them, each once. Nothing of it is in the stores: an event becomes a CloudEvent, and
// one an event, at the edge.
//
//	go run .
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	there := memory.New[string, core.NoMetadata]()
	edge := httptest.NewServer(receiver(core.NewRepository(there, account)))
	defer edge.Close()

	here := memory.New[string, core.NoMetadata]()
	accounts := core.NewRepository(here, account)
	for i, cents := range []int{1250, 99} {
		request := core.WithCorrelationID(ctx, fmt.Sprint("request-", i+1))
		if _, err := accounts.Upsert(request, "ACC-1", Receive{PaymentReceived{cents}}); err != nil {
			return err
		}
	}
	for e, err := range here.LoadEvents(ctx, core.Filter[string, uint64]{}) {
		if err != nil {
			return err
		}
		ce, err := ToCloudEvent(here.StoreID(), e)
		if err != nil {
			return err
		}
		for _, structured := range []bool{false, true} { // the second is a repetition
			status, contentType, err := send(ctx, edge.Client(), edge.URL, ce, structured)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintln(out, ce.Type(), ce.Subject(), "as", contentType, "→", status)
		}
	}
	received, version, err := core.NewRepository(there, account).Load(ctx, "ACC-1")
	_, _ = fmt.Fprintln(out, received.Cents, "cents at version", version)
	return err
}
