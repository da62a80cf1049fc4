package main

import (
	"context"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/jetsource/jetsource/core"
)

// Accounts are the accounts of a store.
type Accounts = core.Repository[Account, string, uint64, core.NoMetadata]

// receiver commits the CloudEvents that are posted to it, binary or structured. It answers
// 204, also for one that it has taken before.
func receiver(accounts *Accounts) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ce, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ctx, id, payment, err := FromCloudEvent(r.Context(), *ce)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		if _, err := accounts.Upsert(ctx, id, Receive{payment}); err != nil {
			http.Error(w, "not recorded", http.StatusServiceUnavailable) // it is sent again
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// send posts a CloudEvent: structured, as one JSON document, or binary, with its attributes
// as headers and the data as the body.
func send(ctx context.Context, client *http.Client, url string, ce cloudevents.Event, structured bool) (status int, contentType string, err error) {
	if structured {
		ctx = binding.WithForceStructured(ctx)
	} else {
		ctx = binding.WithForceBinary(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return 0, "", err
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&ce), r); err != nil {
		return 0, "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	return answer.StatusCode, r.Header.Get("Content-Type"), answer.Body.Close()
}
