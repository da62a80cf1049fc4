package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/jetsource/jetsource/core"
)

// api is the warehouse over HTTP.
type api struct {
	*Warehouse
	ending    context.Context // ends the streams, which by themselves never do
	heartbeat time.Duration
}

const (
	// maxWait is how long a read waits for the version that it was asked for.
	maxWait = 8 * time.Second
	// maxBody is more than any order needs.
	maxBody = 4 << 10
)

// routes returns the API and the page. Commands that another site's page sends
// are refused.
func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{verb}", a.command)
	mux.HandleFunc("GET /api/stock", a.stock)
	mux.HandleFunc("GET /api/stock/{product}", a.line)
	mux.HandleFunc("GET /api/updates", a.updates)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &requestError{http.StatusNotFound, "there is nothing here"})
	})
	mux.Handle("/", page())
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &requestError{http.StatusForbidden, "commands of other sites are not taken"})
	}))
	return protection.Handler(mux)
}

// command carries out an order, and answers with the version that shows it. The
// header Idempotency-Key makes an order that is sent again count once.
func (a *api) command(w http.ResponseWriter, r *http.Request) {
	ctx, err := withIdempotencyKey(r)
	if err != nil {
		fail(w, err)
		return
	}
	verb := r.PathValue("verb")
	o, err := readOrder(w, r, verb)
	if err != nil {
		fail(w, err)
		return
	}
	version, err := a.do(ctx, verb, o)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Product string  `json:"product"`
		Version Version `json:"version"`
	}{o.Product, version})
}

// stock answers with the board: as it is, or not before it shows the version
// given as "after".
func (a *api) stock(w http.ResponseWriter, r *http.Request) {
	if err := a.wait(r); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, a.view())
}

// line is stock of one product.
func (a *api) line(w http.ResponseWriter, r *http.Request) {
	name, err := productName(r.PathValue("product"))
	if err != nil {
		fail(w, &requestError{http.StatusBadRequest, err.Error()})
		return
	}
	if err := a.wait(r); err != nil {
		fail(w, err)
		return
	}
	var line Line
	var known bool
	a.board.View(func(b *Board) { line, known = b.Products[name] })
	if !known {
		fail(w, core.ErrNotFound)
		return
	}
	answer(w, http.StatusOK, line)
}

func (a *api) view() (v view) {
	a.board.View(func(b *Board) { v = b.view() })
	return v
}

// wait waits until the board shows what whoever asks has seen or done.
func (a *api) wait(r *http.Request) error {
	var after Version
	if err := after.UnmarshalText([]byte(r.URL.Query().Get("after"))); err != nil {
		return &requestError{http.StatusBadRequest, err.Error()}
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	return a.board.Wait(ctx, after)
}

// withIdempotencyKey gives the command the id that the client gave it.
func withIdempotencyKey(r *http.Request) (context.Context, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 100 {
		return nil, &requestError{http.StatusBadRequest, "the idempotency key is longer than 100 bytes"}
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return nil, &requestError{http.StatusBadRequest, "the idempotency key has characters other than visible ASCII"}
		}
	}
	return core.WithCommandID(r.Context(), key), nil
}

func readOrder(w http.ResponseWriter, r *http.Request, verb string) (o order, err error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return o, &requestError{http.StatusUnsupportedMediaType, "an order is application/json"}
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	err = body.Decode(&o)
	if err == nil {
		if _, more := body.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the order")
		}
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return o, &requestError{http.StatusRequestEntityTooLarge, "the order is too large"}
	}
	if err != nil {
		return o, &requestError{http.StatusBadRequest, fmt.Sprintf("the order cannot be read: %v", err)}
	}
	if err := o.check(verb); err != nil {
		return o, &requestError{http.StatusBadRequest, err.Error()}
	}
	return o, nil
}

func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "cannot be told", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}
