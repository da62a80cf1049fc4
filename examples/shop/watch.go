package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

// watch sends the board as server-sent events: "layout" when another one is promoted,
// which begins the board anew, and "card" for each row.
func (a *api) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(event string, data []byte) {
		_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data) // the context ends when the reader is gone
		_ = http.NewResponseController(w).Flush()
	}
	if err := a.follow(r.Context(), send); err != nil && r.Context().Err() == nil {
		send("fault", []byte(err.Error()))
	}
}

// follow watches the layout that is promoted, until ctx ends.
func (a *api) follow(ctx context.Context, send func(event string, data []byte)) error {
	promotions, err := a.bucket.Watch(ctx, kvmodel.PromotedKey("board"))
	if err != nil {
		return err
	}
	defer func() { _ = promotions.Stop() }()
	var cards jetstream.KeyWatcher
	var rows <-chan jetstream.KeyValueEntry
	stop := func() {
		if cards != nil {
			_ = cards.Stop()
		}
	}
	defer func() { stop() }()
	for {
		select {
		case entry, ok := <-promotions.Updates():
			if !ok {
				return nil
			}
			if entry == nil { // there is no more for now
				continue
			}
			var p kvmodel.Promotion
			if err := json.Unmarshal(entry.Value(), &p); err != nil {
				return err
			}
			stop()
			if cards, err = a.bucket.Watch(ctx, kvmodel.TableKeys(readmodel.Layout{Model: "board", Version: p.Version}, "orders")); err != nil {
				return err
			}
			rows = cards.Updates()
			send("layout", entry.Value())
		case entry, ok := <-rows:
			if !ok {
				return nil
			}
			if entry == nil || entry.Operation() != jetstream.KeyValuePut {
				continue
			}
			card, err := json.Marshal(map[string]any{"key": entry.Key(), "row": json.RawMessage(entry.Value())})
			if err != nil {
				return err
			}
			send("card", card)
		case <-ctx.Done():
			return nil
		}
	}
}
