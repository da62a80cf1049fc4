package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUIPrintsItsAddress(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	for _, write := range []bool{false, true} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		args := []string{"ui", "--server", w.server.URL()}
		if write {
			args = append(args, "--write")
		}
		out, ended := make(lineWriter, 10), make(chan int)
		go func() { ended <- run(ctx, args, out, out) }()
		url, token, _ := strings.Cut(strings.TrimSpace(<-out), "#token=")
		require.True(t, strings.HasPrefix(url, "http://127.0.0.1:"), url)
		require.Equal(t, write, token != "")

		client := &http.Client{Transport: &http.Transport{}}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"api/strike", strings.NewReader(`{"position":1,"reason":"by the page"}`))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Jetsource-Token", token)
		answer, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, write, answer.StatusCode == http.StatusOK)
		require.Equal(t, write, strings.Contains(w.must("gaps"), "by the page"))
		client.CloseIdleConnections()
		cancel()
		require.Zero(t, <-ended)
	}
}
