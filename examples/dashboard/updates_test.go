package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// follower is a ResponseWriter whose writes wait until they are read.
type follower struct {
	header http.Header
	wrote  chan string
	gone   <-chan struct{}
	ended  chan struct{} // closed when the handler has returned
}

func (b *follower) Header() http.Header              { return b.header }
func (b *follower) WriteHeader(int)                  {}
func (b *follower) FlushError() error                { return nil }
func (b *follower) SetReadDeadline(time.Time) error  { return nil }
func (b *follower) SetWriteDeadline(time.Time) error { return nil }

func (b *follower) Write(data []byte) (int, error) {
	select {
	case b.wrote <- string(data):
		return len(data), nil
	case <-b.gone:
		return 0, http.ErrHandlerTimeout
	}
}

// open opens a stream.
func open(t *testing.T, a *api) (b *follower, leave func()) {
	ctx, cancel := context.WithCancel(t.Context())
	b = &follower{http.Header{}, make(chan string), ctx.Done(), make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/updates", nil)
	go func() {
		defer close(b.ended)
		a.updates(b, r)
	}()
	require.Equal(t, "retry: 1000\n\n", <-b.wrote)
	return b, func() {
		cancel()
		<-b.ended
	}
}

// next returns the board of the next update, and the id it came with.
func (b *follower) next(t *testing.T) (v view, id string) {
	t.Helper()
	head, data, ok := strings.Cut(<-b.wrote, "\ndata: ")
	require.True(t, ok)
	require.NoError(t, json.Unmarshal([]byte(data), &v))
	return v, strings.TrimPrefix(head, "id: ")
}

func (a *api) receive(t *testing.T, n int64) Version {
	t.Helper()
	v, err := a.products.Upsert(t.Context(), "Green tea", Receive{n})
	require.NoError(t, err)
	return v
}

func TestStreamShowsTheBoardNowAndWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		b, leave := open(t, a)
		defer leave()
		require.Equal(t, "text/event-stream", b.header.Get("Content-Type"))
		v, id := b.next(t)
		require.Equal(t, "none", id)
		require.Empty(t, v.Products)

		a.receive(t, 40)
		v, id = b.next(t)
		require.Equal(t, "1", id)
		require.EqualValues(t, 40, v.Products[0].Stock)
	})
}

func TestSlowBrowserGetsTheLatestAndHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		b, leave := open(t, a)
		defer leave()
		b.next(t)
		var last Version
		for range 500 { // the browser reads nothing meanwhile
			last = a.receive(t, 1)
		}
		require.NoError(t, a.board.Wait(t.Context(), last))
		v, _ := b.next(t) // what was on its way
		if v.Version != last {
			v, _ = b.next(t)
		}
		require.Equal(t, last, v.Version)
		require.EqualValues(t, 500, v.Pieces)
	})
}

func TestQuietStreamSaysThatItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		b, leave := open(t, a)
		defer leave()
		b.next(t)
		start := time.Now()
		for range 3 {
			require.Equal(t, ": still here\n\n", <-b.wrote)
		}
		require.InDelta(t, 3*a.heartbeat, time.Since(start), float64(time.Second))
		a.receive(t, 3)
		v, _ := b.next(t)
		require.EqualValues(t, 3, v.Pieces)
	})
}

func TestStreamEndsWithTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		ending, end := context.WithCancel(a.ending)
		a.ending = ending
		b, leave := open(t, a)
		defer leave()
		b.next(t)
		end()
		<-b.ended
	})
}
