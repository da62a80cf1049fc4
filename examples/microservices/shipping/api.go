package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/examples/microservices"
)

type live = projection.Live[OpenOrders, string, uint64, microservices.Meta]

// api shows the read model.
type api struct {
	orders *live
	worker *worker
}

// handler is the API of shipping. With ?after=VERSION an answer waits until the
// event of that version is in it: whoever placed an order finds it here.
func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /open-orders", a.list)
	mux.HandleFunc("GET /open-orders/{id}", a.show)
	mux.HandleFunc("GET /parked", a.parked)
	return mux
}

func (a *api) list(w http.ResponseWriter, r *http.Request) {
	if !a.wait(w, r) {
		return
	}
	var body []byte
	var err error
	a.orders.View(func(o *OpenOrders) { body, err = json.Marshal(o.Orders) })
	reply(w, body, err)
}

func (a *api) show(w http.ResponseWriter, r *http.Request) {
	if !a.wait(w, r) {
		return
	}
	var order OpenOrder
	var found bool
	a.orders.View(func(o *OpenOrders) { order, found = o.Orders[r.PathValue("id")] })
	if !found {
		http.Error(w, "no such open order", http.StatusNotFound)
		return
	}
	body, err := json.Marshal(order)
	reply(w, body, err)
}

// parked shows the events that were given up, which somebody should look at.
func (a *api) parked(w http.ResponseWriter, r *http.Request) {
	events, err := a.worker.Parked(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	if events == nil {
		events = []reactor.ParkedEvent[uint64]{} // [], not null
	}
	body, err := json.Marshal(events)
	reply(w, body, err)
}

// wait waits for the version that the request names, if it does. It returns
// false if it has answered.
func (a *api) wait(w http.ResponseWriter, r *http.Request) bool {
	var after microservices.Version
	if err := after.UnmarshalText([]byte(r.FormValue("after"))); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	err := a.orders.Wait(ctx, after)
	switch {
	case err == nil:
		return true
	case errors.Is(err, core.ErrBeyondEnd):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
	return false
}

func reply(w http.ResponseWriter, body []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that went away misses the answer
}
