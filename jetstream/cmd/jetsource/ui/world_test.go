package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type opened struct{ Owner string }

func (opened) EventKind() string { return "account.opened" }

type deposited struct{ Amount int64 }

func (deposited) EventKind() string { return "money.deposited" }

// world is a store, and the page that shows it.
type world struct {
	t      *testing.T
	nc     *nats.Conn
	js     natsjs.JetStream
	store  *jetstream.Store[string, core.NoMetadata]
	client *http.Client
	url    string // without a slash at the end
	token  string
	end    func() // ends the page
}

func newWorld(t *testing.T, write bool) *world {
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	return newWorldOn(t, nc, write)
}

// newWorldOn is newWorld on a server that is there.
func newWorldOn(t *testing.T, nc *nats.Conn, write bool) *world {
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	store, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })

	w := &world{t: t, nc: nc, js: js, store: store, client: &http.Client{Transport: &http.Transport{}}}
	cfg := Config{Conn: nc, Stream: "EVENTS", Leases: "LEASES"}
	if write {
		cfg.Strike = store.Strike
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, cfg, in) }()
	w.end = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		w.end()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	w.url, w.token, _ = strings.Cut(strings.TrimSpace(line), "/#token=")
	w.url = strings.TrimSuffix(w.url, "/")
	require.Equal(t, write, w.token != "")
	return w
}

// commit commits events to an account.
func (w *world) commit(id string, events ...core.Event) {
	w.t.Helper()
	_, err := core.CommitEvents(w.t.Context(), w.store, core.Key[string]{Kind: "account", ID: id}, events, core.NoMetadata{})
	require.NoError(w.t, err)
}

// publish writes a message of one commit as another library would, with headers in pairs.
func (w *world) publish(subject, commit, data string, headers ...string) uint64 {
	w.t.Helper()
	m := &nats.Msg{Subject: subject, Header: nats.Header{"Content-Type": {codec.JSON.Name()}}, Data: []byte(data)}
	if commit != "" {
		m.Header["Es-Commit"] = []string{commit + " 0 0/1 1 0"}
	}
	for i := 0; i < len(headers); i += 2 {
		token, err := codec.EncodeToken(headers[i+1])
		require.NoError(w.t, err)
		m.Header[headers[i]] = []string{token}
	}
	ack, err := w.js.PublishMsg(w.t.Context(), m)
	require.NoError(w.t, err)
	return ack.Sequence
}

// request sends a request, and returns the status and the answer.
func (w *world) request(method, path, body string, headers ...string) (int, string, http.Header) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	return answer.StatusCode, string(text), answer.Header
}

// get asks a question that has an answer.
func get[T any](w *world, path string) (v T) {
	w.t.Helper()
	status, text, _ := w.request("GET", "/api/"+path, "")
	require.Equal(w.t, 200, status, "%s: %s", path, text)
	require.NoError(w.t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// fill makes a store with something of everything.
func (w *world) fill() {
	w.t.Helper()
	for i := range 60 {
		w.commit(fmt.Sprintf("ACC-%03d", i), opened{"ada"})
	}
	for i := range 5 {
		w.commit("ACC-001", deposited{int64(100 * (i + 1))}, deposited{9007199254740993})
	}
	order, err := codec.EncodeToken("order.placed")
	require.NoError(w.t, err)
	shipped, err := codec.EncodeToken("parcel.shipped")
	require.NoError(w.t, err)
	w.publish("events."+order+".order.O-1", "ORDER", `{"Total":12}`, "Es-Correlation", "request-7")
	w.publish("events."+shipped+".parcel.P-1", "PARCEL", `{"Order":"O-1"}`, "Es-Correlation", "request-7", "Es-Causation", "ORDER/0")
	w.publish("events."+shipped+".parcel.P-2", "PARCEL2", `{"Order":"O-1"}`, "Es-Causation", "PARCEL/0")
}

// work runs a reactor that ships to each account of ada's, and parks those of others while the
// office is closed. It returns what ends it.
func (w *world) work(closed *atomic.Bool) (stop func()) {
	w.t.Helper()
	leases, err := jetstream.OpenLeases(w.t.Context(), w.nc, jetstream.LeaseConfig{})
	require.NoError(w.t, err)
	shipping := reactor.Define("shipping",
		reactor.On(func(ctx context.Context, e core.Recorded[opened, string, uint64, core.NoMetadata]) error {
			if e.Event.Owner != "ada" && closed.Load() {
				return reactor.WithReason(errors.New("423"), "<i>closed</i>")
			}
			return reactor.SetTimer(ctx, "remind", e.Time.Add(time.Hour), e.Event)
		}),
		reactor.Due(func(context.Context, core.Recorded[opened, string, uint64, core.NoMetadata]) ([]core.Commit[string, uint64, core.NoMetadata], error) {
			return nil, nil
		}),
	).WithPartitions(2)
	worker := reactor.NewWorker(w.store, shipping).WithLeases(leases).ParkAfter(2)
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(w.t, <-ended)
	})
	w.t.Cleanup(stop)
	return stop
}

// shows waits until the reactor is as it should be.
func (w *world) shows(is func(steer.Details) bool) (d steer.Details) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		all := get[[]steer.Details](w, "reactors")
		if len(all) == 1 {
			d = all[0]
		}
		return len(all) == 1 && is(d)
	}, time.Minute, 200*time.Millisecond)
	return d
}
