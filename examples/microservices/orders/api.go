package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/microservices"
)

// Orders keeps the orders.
type Orders = core.Repository[Order, string, uint64, microservices.Meta]

func newOrders(store *microservices.Store) *Orders {
	return core.NewRepository(store, order).
		WithMetadata(microservices.Meta{Service: "orders"}).
		WithRetries(5)
}

// answer is what a command comes to. The version is a token: given to shipping
// it makes sure that what is read there is not older.
type answer struct {
	Version microservices.Version `json:"version"`
	Error   string                `json:"error,omitempty"`
}

// do runs a command on the order of an id.
type do func(ctx context.Context, id string, cmd core.Command[Order]) (microservices.Version, error)

// handler is the API of orders. A client that sends a request again because it
// missed the answer gives it the Idempotency-Key of the first.
func handler(orders *Orders) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", command[Place](orders.Create))
	mux.HandleFunc("POST /orders/{id}/payment", command[Pay](orders.Update))
	mux.HandleFunc("POST /orders/{id}/cancellation", command[Cancel](orders.Update))
	return mux
}

func command[C core.Command[Order]](run do) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var cmd C
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&cmd); err != nil {
			reply(w, http.StatusBadRequest, answer{Error: err.Error()})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
		defer cancel()
		if key := r.Header.Get("Idempotency-Key"); key != "" {
			ctx = core.WithCommandID(ctx, key)
		}
		version, err := run(ctx, r.PathValue("id"), cmd)
		if err != nil {
			reply(w, status(err), answer{Version: version, Error: err.Error()})
			return
		}
		reply(w, http.StatusOK, answer{Version: version})
	}
}

// status tells the client whether it can do something about an error.
func status(err error) int {
	switch {
	case errors.Is(err, core.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, core.ErrExists), errors.Is(err, core.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, core.ErrName):
		return http.StatusBadRequest
	case errors.Is(err, ErrIncomplete), errors.Is(err, ErrAmount), errors.Is(err, ErrPaid), errors.Is(err, ErrCancelled):
		return http.StatusUnprocessableEntity
	}
	// It may have been recorded, or the store cannot be reached: the same command
	// with the same key is safe to send again.
	return http.StatusServiceUnavailable
}

func reply(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a) // a client that went away misses the answer
}
