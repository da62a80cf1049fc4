package ui

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/examples/browser"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

// outage is a server that goes away and comes back.
type outage struct {
	*world
	cfg embedded.Config
	srv *embedded.Server
}

func newOutage(t *testing.T) *outage {
	o := &outage{cfg: embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}}
	o.start(t)
	t.Cleanup(func() { require.NoError(t, o.srv.Close()) })
	o.cfg.Listen = strings.TrimPrefix(o.srv.URL(), "nats://")
	nc, err := nats.Connect(o.srv.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	o.world = newWorldOn(t, nc, true)
	return o
}

func (o *outage) start(t *testing.T) {
	srv, err := embedded.Start(o.cfg)
	require.NoError(t, err)
	o.srv = srv
}

// What is asked during an outage is answered at once that the server is away, those who follow are
// told, and when it is back they go on by themselves, also if nothing happens.
func TestOutageIsToldAndPasses(t *testing.T) {
	o := newOutage(t)
	o.commit("before", opened{"ada"})
	stage, positions := "before", []uint64(nil)
	o.events("/api/updates", func(_, data string) bool {
		var f frame
		require.NoError(t, json.Unmarshal([]byte(data), &f))
		for _, e := range f.Events {
			positions = append(positions, e.Position)
		}
		switch {
		case stage == "before" && len(positions) == 1:
			stage = "away"
			require.NoError(t, o.srv.Close())
		case stage == "away" && f.Problem != "":
			require.Contains(t, f.Problem, "connection to the server is lost")
			stage = "back"
			o.isAway()
			o.start(t)
		case stage == "back" && f.Problem == "":
			stage = "after"
			o.commit("after", opened{"bob"})
		}
		return len(positions) < 2
	})
	require.Equal(t, []uint64{1, 2}, positions)
	require.Equal(t, "EVENTS", get[map[string]any](o.world, "store")["stream"])
	require.Empty(t, get[[]any](o.world, "reactors"))
	require.Len(t, get[listed](o.world, "history?kind=account&id=after").Events, 1)
}

// A problem is told until the log is followed again, and not until something happens.
func TestProblemPassesWhenTheLogIsFollowed(t *testing.T) {
	w := newWorld(t, false)
	l, err := rawlog.Open(t.Context(), w.nc, "EVENTS", "")
	require.NoError(t, err)
	f := newFeed(l, nil)
	f.set("it could not be followed")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); f.follow(ctx) }()
	require.Eventually(t, func() bool { return f.frame(time.Now()).Problem == "" }, time.Minute, 10*time.Millisecond)
	cancel()
	<-ended
}

// isAway checks what is answered during an outage.
func (o *outage) isAway() {
	o.t.Helper()
	asked := time.Now()
	for _, path := range []string{"store", "reactors", "health", "history?kind=account&id=before", "trace?id=x"} {
		status, text, _ := o.request("GET", "/api/"+path, "")
		if path != "trace?id=x" { // a stream, in which it is said
			require.Equal(o.t, 503, status, path)
		}
		require.Contains(o.t, text, "connection to the server is lost", path)
	}
	for _, path := range []string{"steer", "strike"} {
		status, text, _ := o.request("POST", "/api/"+path, `{"reactor":"x","verb":"pause","position":1,"reason":"x"}`, "Content-Type", "application/json", "Jetsource-Token", o.token)
		require.Equal(o.t, 503, status, "%s: %s", path, text)
	}
	o.events("/api/updates", func(_, data string) bool {
		require.Contains(o.t, data, "connection to the server is lost")
		return false
	})
	require.Less(o.t, time.Since(asked), 20*time.Second, "nobody waits for it")
}

// The page says so, and is live again by itself.
func TestPageOutlastsAnOutage(t *testing.T) {
	b, o := browser.Open(t), newOutage(t)
	o.commit("before", opened{"ada"})
	o.open(b)
	b.Wait(has("#events li", "before"))
	b.Script(`window.sameDocument = true`)
	require.NoError(t, o.srv.Close())
	b.WaitText("#connection", "the connection to the server is lost; it is tried again")
	b.Script(`location.hash = "#/reactors"`)
	b.Wait(has("main .bad", "the connection to the server is lost"))
	o.start(t)
	b.WaitText("#connection", "Live")
	b.Wait(has("main", "No reactor has run on this store."))
	b.Script(`location.hash = "#/live"`)
	o.commit("after", opened{"bob"})
	b.Wait(has("#events li", "after"))
	require.True(t, browser.Eval[bool](b, `window.sameDocument`), "it was not loaded anew")
}
