package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/readmodel/pgxmodel/pgtest"
)

func TestMain(m *testing.M) {
	shared = pgtest.StartShared()
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var shared *pgtest.Shared

func TestShopInSQLite(t *testing.T) { story(t, "") }

func TestShopInPostgres(t *testing.T) { story(t, shared.Need(t).DSN()) }

// story buys something, rebuilds the models meanwhile, and starts the shop again.
func story(t *testing.T, postgres string) {
	o := options{dir: t.TempDir(), listen: "127.0.0.1:0", postgres: postgres}
	s := start(t, o)
	board := s.watch(t)
	require.Equal(t, `layout {"version":1}`, board())
	s.post(t, "/customers/ada", `{"Name":"Ada"}`)
	s.post(t, "/orders/1", `{"Customer":"ada","Item":"tea","Cents":450}`)
	require.Contains(t, board(), `"status":"placed"`)
	version := s.post(t, "/orders/1/pay", `{}`)
	require.Contains(t, board(), `"status":"paid"`)
	require.Contains(t, s.get(t, "/orders?after="+version), `"status":"paid"`)
	require.NotContains(t, s.get(t, "/customers?after="+version), "spent")

	s.post(t, "/rebuild", `{}`)
	require.Contains(t, s.get(t, "/customers?after="+version), `"spent":450`)
	require.Equal(t, `layout {"version":2}`, board())
	require.Contains(t, board(), `"cents":450`)
	s.post(t, "/rebuild", `{}`) // there is nothing to do
	version = s.post(t, "/orders/1/ship", `{}`)
	require.Contains(t, s.get(t, "/orders?after="+version), `"status":"shipped"`)
	require.Contains(t, board(), `"status":"shipped"`)
	s.stop(t)

	s = start(t, o)
	s.post(t, "/orders/2", `{"Customer":"ada","Item":"cake","Cents":300}`)
	version = s.post(t, "/orders/2/pay", `{}`)
	require.Contains(t, s.get(t, "/customers?after="+version), `"spent":750`)
	s.stop(t)
}

type running struct {
	url    string
	cancel context.CancelFunc
	ended  chan error
}

func start(t *testing.T, o options) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &running{cancel: cancel, ended: make(chan error, 1)}
	ready := make(chan string, 1)
	go func() { s.ended <- run(ctx, o, func(address string) { ready <- address }) }()
	t.Cleanup(cancel)
	select {
	case address := <-ready:
		s.url = "http://" + address
	case err := <-s.ended:
		t.Fatal(err)
	}
	return s
}

func (s *running) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	require.NoError(t, <-s.ended)
}

func (s *running) do(t *testing.T, method, path, body string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", method, path, text)
	return string(text)
}

func (s *running) get(t *testing.T, path string) string {
	t.Helper()
	return s.do(t, http.MethodGet, path, "")
}

// post returns the version of a command.
func (s *running) post(t *testing.T, path, body string) string {
	t.Helper()
	var answer struct{ Version json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(s.do(t, http.MethodPost, path, body)), &answer))
	return string(answer.Version)
}

// watch returns the next event of the board at each call.
func (s *running) watch(t *testing.T) func() string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/board", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
	})
	lines := bufio.NewScanner(response.Body)
	return func() string {
		t.Helper()
		var name string
		for lines.Scan() {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = event
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return name + " " + data
			}
		}
		t.Fatal("the board has ended: ", lines.Err())
		return ""
	}
}
