package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel/sqlmodel"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

//go:embed page.html
var page []byte

type (
	customers = core.Repository[Customer, string, uint64, core.NoMetadata]
	orders    = core.Repository[Order, string, uint64, core.NoMetadata]
)

// api is the HTTP side of the shop.
type api struct {
	serving   context.Context // of the models
	customers *customers
	orders    *orders
	db        *sql.DB
	bucket    jetstream.KeyValue
	tables    *Serving[sqlmodel.Tx]
	board     *Serving[*kvmodel.Tx]
}

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) })
	mux.HandleFunc("POST /customers/{id}", command(func(ctx context.Context, id string, c Register) (core.Version[uint64], error) {
		return a.customers.Upsert(ctx, id, c)
	}))
	mux.HandleFunc("POST /orders/{id}", command(func(ctx context.Context, id string, c Place) (core.Version[uint64], error) {
		return a.orders.Upsert(ctx, id, c)
	}))
	mux.HandleFunc("POST /orders/{id}/pay", command(func(ctx context.Context, id string, c Pay) (core.Version[uint64], error) {
		return a.orders.Update(ctx, id, c)
	}))
	mux.HandleFunc("POST /orders/{id}/ship", command(func(ctx context.Context, id string, c Ship) (core.Version[uint64], error) {
		return a.orders.Update(ctx, id, c)
	}))
	mux.HandleFunc("GET /orders", a.query("SELECT * FROM shop_orders ORDER BY id"))
	mux.HandleFunc("GET /customers", a.query("SELECT * FROM shop_customers ORDER BY id"))
	mux.HandleFunc("GET /board", a.watch)
	mux.HandleFunc("POST /rebuild", a.rebuild)
	return mux
}

// command decodes a command from the body, and answers with the version that a query
// takes to see it.
func command[C any](handle func(context.Context, string, C) (core.Version[uint64], error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var c C
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&c); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		version, err := handle(r.Context(), r.PathValue("id"), c)
		switch {
		case errors.Is(err, core.ErrUnavailable), errors.Is(err, core.ErrUnknownOutcome):
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, err.Error(), http.StatusConflict)
		default:
			answer(w, map[string]any{"version": version})
		}
	}
}

// query answers with rows. With ?after= it waits until they hold that version.
func (a *api) query(query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var after core.Version[uint64]
		err := after.UnmarshalText([]byte(r.URL.Query().Get("after")))
		if err == nil {
			err = a.tables.Wait(r.Context(), "shop", after)
		}
		var rows []map[string]any
		if err == nil {
			rows, err = readRows(r.Context(), a.db, query)
		}
		for attempt := 0; attempt < 10 && err != nil && strings.Contains(err.Error(), "cached plan"); attempt++ {
			// A connection of PostgreSQL had prepared the query for the layout before.
			rows, err = readRows(r.Context(), a.db, query)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, rows)
	}
}

// rebuild has the models of layout 2 take the place of those of layout 1.
func (a *api) rebuild(w http.ResponseWriter, r *http.Request) {
	err := a.tables.Rebuild(r.Context(), a.serving, 2)
	if err == nil {
		err = a.board.Rebuild(r.Context(), a.serving, 2)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"layout": 2})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // whoever asked may be gone
}

func readRows(ctx context.Context, db *sql.DB, query string) ([]map[string]any, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err says what matters
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	all := []map[string]any{}
	for rows.Next() {
		values, row := make([]any, len(columns)), make(map[string]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range columns {
			row[c] = values[i]
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
