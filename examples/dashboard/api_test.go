package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// newAPI returns the API of an empty warehouse, whose board follows it until the
// test ends.
func newAPI(t *testing.T) *api {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	a := &api{
		Warehouse: NewWarehouse(memory.New[string, core.NoMetadata](), core.NoSnapshots[string, uint64]{}),
		ending:    ctx,
		heartbeat: time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- a.board.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return a
}

// request sends a request and returns the status and the body of the answer.
func request(h http.Handler, method, target, body string, header ...string) (int, string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestEachErrorHasItsStatus(t *testing.T) {
	h := newAPI(t).routes()
	for _, test := range []struct {
		target, body string
		status       int
		answer       string
	}{
		{"/api/receive", `{"product":" Green   tea ","quantity":40}`, 200, `{"product":"Green tea","version":1}`},
		{"/api/ship", `{"product":"Green tea","quantity":15}`, 200, `{"product":"Green tea","version":2}`},
		{"/api/count", `{"product":"Green tea","quantity":24,"book":25}`, 200, `{"product":"Green tea","version":3}`},

		{"/api/ship", `{"product":"Green tea","quantity":25}`, 422, `{"error":"cannot ship 25, there are 24"}`},
		{"/api/receive", `{"product":"Green tea","quantity":0}`, 422, `{"error":"the quantity must be between 1 and 1,000,000"}`},
		{"/api/count", `{"product":"Green tea","quantity":24,"book":25}`, 409, `{"error":"goods were moved since: there were 25, now there are 24"}`},
		{"/api/ship", `{"product":"Green tee","quantity":1}`, 404, `{"error":"there is no such product"}`},
		{"/api/lose", `{"product":"Green tea","quantity":1}`, 404, `{"error":"there is no such command"}`},
		{"/api/receive/all", `{}`, 404, `{"error":"there is nothing here"}`},
		{"/", `{}`, 405, `{"error":"commands go to /api/"}`},

		{"/api/receive", ``, 400, `{"error":"the order cannot be read: EOF"}`},
		{"/api/receive", `{"product":"Green tea","quantity":1}{}`, 400, `{"error":"the order cannot be read: there is more after the order"}`},
		{"/api/receive", `{"product":"Green tea","quantity":1.5}`, 400, `cannot be read`},
		{"/api/receive", `{"product":"Green tea","amount":1}`, 400, `unknown field`},
		{"/api/receive", `{"product":"Green tea"}`, 400, `{"error":"the quantity is missing"}`},
		{"/api/count", `{"product":"Green tea","quantity":1}`, 400, `the book`},
		{"/api/receive", `{"product":"  ","quantity":1}`, 400, `{"error":"the product has no name"}`},
		{"/api/receive", `{"product":"tea\u0000","quantity":1}`, 400, `cannot be seen`},
		{"/api/receive", `{"product":"tea\u202ehsilgne","quantity":1}`, 400, `cannot be seen`},
		{"/api/receive", `{"product":"` + strings.Repeat("é", 61) + `","quantity":1}`, 400, `longer than 60`},
		{"/api/receive", `{"product":"` + strings.Repeat("é", maxBody) + `"}`, 413, `too large`},
	} {
		status, answer := request(h, "POST", test.target, test.body)
		require.Equal(t, test.status, status, "%s %.80s: %s", test.target, test.body, answer)
		require.Contains(t, answer, test.answer)
	}
}

func TestRequestsThatAreNoOrders(t *testing.T) {
	h := newAPI(t).routes()
	const good = `{"product":"Green tea","quantity":1}`
	for _, test := range []struct {
		header, value string
		status        int
	}{
		{"Content-Type", "text/plain", 415},
		{"Sec-Fetch-Site", "cross-site", 403},
		{"Idempotency-Key", strings.Repeat("k", 101), 400},
		{"Idempotency-Key", "two words", 400},
	} {
		status, answer := request(h, "POST", "/api/receive", good, test.header, test.value)
		require.Equal(t, test.status, status, answer)
		require.Contains(t, answer, `{"error":`)
	}
	_, stock := request(h, "GET", "/api/stock", "")
	require.Contains(t, stock, `"moved":0`)
}

func TestErrorsOfTheStoreAreNobodyElsesBusiness(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{
		{fmt.Errorf("update: %w", core.ErrUnknownOutcome), 503},
		{fmt.Errorf("update: %w", core.ErrClosed), 503},
		{fmt.Errorf("wait: %w", core.ErrStopped), 503},
		{context.DeadlineExceeded, 503},
		{&core.ConflictError[uint64]{}, 409},
		{&core.NameError{}, 400},
		{errors.New("disk /secret is broken"), 500},
	} {
		w := httptest.NewRecorder()
		fail(w, test.err)
		require.Equal(t, test.status, w.Code, test.err)
		require.Equal(t, test.status == 503, w.Header().Get("Retry-After") == "1")
		require.NotContains(t, w.Body.String(), "secret")
	}
}

func TestOneReadsOnesOwnWrite(t *testing.T) {
	h := newAPI(t).routes()
	for i, name := range []string{"Green tea", `<script>alert("1")</script>`, `'quoted' & 100 % of a/b?`, "茶 ☕"} {
		order, err := json.Marshal(order{Product: name, Quantity: new(int64(7))})
		require.NoError(t, err)
		status, answer := request(h, "POST", "/api/receive", string(order))
		require.Equal(t, 200, status, answer)
		var done struct{ Version Version }
		require.NoError(t, json.Unmarshal([]byte(answer), &done))

		after := "?after=" + done.Version.String()
		status, answer = request(h, "GET", "/api/stock"+after, "")
		require.Equal(t, 200, status, answer)
		require.NotContains(t, answer, "<script>")
		var v view
		require.NoError(t, json.Unmarshal([]byte(answer), &v))
		require.Equal(t, done.Version, v.Version)
		require.Len(t, v.Products, i+1)
		require.Equal(t, name, v.Moves[i].Product)

		status, answer = request(h, "GET", "/api/stock/"+url.PathEscape(name)+after, "")
		require.Equal(t, 200, status, answer)
		var line Line
		require.NoError(t, json.Unmarshal([]byte(answer), &line))
		require.Equal(t, name, line.Name)
		require.EqualValues(t, 7, line.Stock)
	}
	status, _ := request(h, "GET", "/api/stock/nothing", "")
	require.Equal(t, 404, status)
}

func TestVersionThatIsNoneIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newAPI(t).routes()
		for _, after := range []string{"yesterday", "-1", "1e3", "1000"} {
			status, answer := request(h, "GET", "/api/stock?after="+after, "")
			require.Equal(t, 400, status, answer)
		}
	})
}

func TestOrderThatIsSentAgainCountsOnce(t *testing.T) {
	h := newAPI(t).routes()
	send := func() string {
		_, answer := request(h, "POST", "/api/receive", `{"product":"Green tea","quantity":40}`, "Idempotency-Key", "k-1")
		return answer
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { send() })
	}
	wg.Wait()
	require.Equal(t, `{"product":"Green tea","version":1}`, send())
	_, stock := request(h, "GET", "/api/stock?after=1", "")
	require.Contains(t, stock, `"pieces":40,"moved":1`)
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	server := httptest.NewServer(newAPI(t).routes())
	defer server.Close()
	for _, file := range []string{"/", "/style.css", "/page.js", "/chart.js", "/favicon.svg"} {
		answer, err := server.Client().Get(server.URL + file)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, 200, answer.StatusCode, file)
		require.Equal(t, policy, answer.Header.Get("Content-Security-Policy"))
		text := strings.ReplaceAll(string(body), "http://www.w3.org/2000/svg", "")
		require.NotContains(t, text, "//"+"cdn")
		require.NotContains(t, text, "http:")
		require.NotContains(t, text, "https:")
		require.NotContains(t, text, "innerHTML")
	}
	answer, err := server.Client().Get(server.URL + "/page.go")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 404, answer.StatusCode)
}
