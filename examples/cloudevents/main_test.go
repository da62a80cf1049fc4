package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// account.payment_received account/ACC-1 as application/json → 204
	// account.payment_received account/ACC-1 as application/cloudevents+json → 204
	// account.payment_received account/ACC-1 as application/json → 204
	// account.payment_received account/ACC-1 as application/cloudevents+json → 204
	// 1349 cents at version 2
}

func TestEventsComeBackFromBothModes(t *testing.T) {
	for _, structured := range []bool{false, true} {
		here, there := memory.New[string, core.NoMetadata](), memory.New[string, core.NoMetadata]()
		trace := core.TraceContext{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=b"}
		ctx := core.WithOrigin(t.Context(), core.Origin{CorrelationID: "request-é", CausationID: "x/0", Trace: trace})
		_, err := core.NewRepository(here, account).Upsert(ctx, "a/b c", Receive{PaymentReceived{7}})
		require.NoError(t, err)
		sent := only(t, here)
		ce, err := ToCloudEvent(here.StoreID(), sent)
		require.NoError(t, err)
		edge := httptest.NewServer(receiver(core.NewRepository(there, account)))
		status, _, err := send(t.Context(), edge.Client(), edge.URL, ce, structured)
		edge.Close()
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, status)
		got := only(t, there)
		require.Equal(t, sent.Key, got.Key)
		require.Equal(t, sent.Kind, got.Kind)
		require.JSONEq(t, string(sent.Data), string(got.Data))
		require.Equal(t, core.Origin{CorrelationID: "request-é", CausationID: sent.EventID(), Trace: trace}, got.Origin)
		require.True(t, strings.HasSuffix(got.CommandID, "#"+sent.EventID()))
	}
}

// only returns the one event of a store.
func only(t *testing.T, store *memory.Store[string, core.NoMetadata]) (e Stored) {
	t.Helper()
	n := 0
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		e = stored
		n++
	}
	require.Equal(t, 1, n)
	return e
}

func TestWhatIsNoPaymentIsRefused(t *testing.T) {
	there := memory.New[string, core.NoMetadata]()
	edge := httptest.NewServer(receiver(core.NewRepository(there, account)))
	defer edge.Close()
	for body, want := range map[string]int{
		`{`: http.StatusBadRequest,
		`{"specversion":"1.0","id":"1","source":"x","type":"other","subject":"account/a"}`:                                        http.StatusUnprocessableEntity,
		`{"specversion":"1.0","id":"1","source":"x","type":"account.payment_received","subject":"a"}`:                             http.StatusUnprocessableEntity,
		`{"specversion":"1.0","id":"1","source":"x","type":"account.payment_received","subject":"account/a","data":"no payment"}`: http.StatusUnprocessableEntity,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, edge.URL, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/cloudevents+json")
		answer, err := edge.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, body)
	}
	version, err := there.LatestVersion(t.Context())
	require.NoError(t, err)
	require.True(t, version.IsZero())
}
