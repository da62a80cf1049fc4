package jetstream_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

const domainServer = "JETSOURCE_TEST_DOMAIN"

func init() { roles[domainServer] = runDomainServer }

// domainSettings say which domain a server is, in a process of its own.
type domainSettings struct {
	Domain string
	Dir    string
	Hub    string // the URL it is a leaf node of; empty for a hub
}

// runDomainServer is that server. It prints its URL for clients, and a hub that for
// leaf nodes. It ends with its input.
func runDomainServer(settings string) error {
	var set domainSettings
	if err := json.Unmarshal([]byte(settings), &set); err != nil {
		return err
	}
	o := &server.Options{
		ServerName: "server-" + set.Domain, Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, JetStreamDomain: set.Domain, StoreDir: set.Dir,
	}
	o.LeafNode.ReconnectInterval = 50 * time.Millisecond
	if set.Hub == "" {
		o.LeafNode.Host, o.LeafNode.Port = "127.0.0.1", server.RANDOM_PORT
	} else {
		hub, err := url.Parse(set.Hub)
		if err != nil {
			return err
		}
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{hub}}}
	}
	srv, err := server.NewServer(o)
	if err != nil {
		return err
	}
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	if !srv.ReadyForConnections(time.Minute) {
		return errors.New("server is not ready")
	}
	fmt.Println(srv.ClientURL())
	fmt.Printf("nats://127.0.0.1:%d\n", o.LeafNode.Port)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startDomain starts a server in a process of its own, and returns a connection to it
// and its URL for leaf nodes.
func startDomain(t *testing.T, set domainSettings) (*nats.Conn, string) {
	t.Helper()
	set.Dir = t.TempDir()
	settings, err := json.Marshal(set)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), domainServer+"="+string(settings)), os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { require.NoError(t, errors.Join(in.Close(), cmd.Wait())) })
	lines := bufio.NewReader(out)
	client, err := lines.ReadString('\n')
	require.NoError(t, err)
	leaf, err := lines.ReadString('\n')
	require.NoError(t, err)
	nc, err := nats.Connect(strings.TrimSpace(client), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc, strings.TrimSpace(leaf)
}

// startDomains starts a hub and a server at the edge that is its leaf node, and returns
// a connection to each.
func startDomains(t *testing.T) (hub, edge *nats.Conn) {
	t.Helper()
	hub, leaf := startDomain(t, domainSettings{Domain: "hub"})
	edge, _ = startDomain(t, domainSettings{Domain: "edge", Hub: leaf})
	for nc, domain := range map[*nats.Conn]string{hub: "edge", edge: "hub"} {
		require.Eventually(t, func() bool {
			_, err := nc.Request("$JS."+domain+".API.INFO", nil, time.Second)
			return err == nil
		}, time.Minute, 20*time.Millisecond, "domains are connected")
	}
	return hub, edge
}

// inDomain returns cfg for a stream in a domain.
func inDomain(cfg jetstream.Config, domain string) jetstream.Config {
	cfg.Domain = domain
	return cfg
}

// countIn returns how many messages are in a stream of the domain of the connected
// server.
func countIn(t *testing.T, nc *nats.Conn, stream string) uint64 {
	t.Helper()
	found := streamOf(t, nc, stream)
	return found.CachedInfo().State.Msgs
}

// commitFrom makes commits of one event and of several, each pair to an aggregate of
// its own, until n were recorded or one is refused, and checks the position of each.
func commitFrom(t *testing.T, s *plainStore, name string, n int) (commits, events int, refused error) {
	t.Helper()
	for commits < n {
		key := account(fmt.Sprint(name, commits/2))
		expected := core.Version[uint64]{}
		if commits%2 == 1 {
			var err error
			expected, err = s.Version(t.Context(), key)
			require.NoError(t, err)
		}
		size := 1 + commits%4/3*2 // every fourth has three
		position, err := core.CommitEventsOptimistic(t.Context(), s, key, expected, notes("commit", size), core.NoMetadata{})
		if err != nil {
			return commits, events, err
		}
		commits, events = commits+1, events+size
		version, err := s.Version(t.Context(), key)
		require.NoError(t, err)
		at, _ := version.Position()
		require.Equal(t, at, position, "position of commit %d", commits)
	}
	return commits, events, nil
}

// wantOverlap checks that err names the other stream and its domain.
func wantOverlap(t *testing.T, err error, cfg jetstream.Config, domain string) {
	t.Helper()
	overlap, ok := errors.AsType[*jetstream.OverlapError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, jetstream.OverlapError{Store: cfg.Stream, Prefix: cfg.Prefix, Domain: domain, Stream: cfg.Stream}, *overlap)
	require.ErrorContains(t, err, "stream "+cfg.Stream+" of domain "+domain)
}

// Each domain has a prefix of its own. The names of the streams may be the same.
func TestEdgeCommitsToTheHub(t *testing.T) {
	hub, edge := startDomains(t)
	cfg := fresh(1)
	atEdge := cfg
	atEdge.Prefix += "-edge"
	local, err := open(t, edge, atEdge)
	require.NoError(t, err)
	central, err := open(t, edge, inDomain(cfg, "hub"))
	require.NoError(t, err)
	for name, s := range map[string]*plainStore{"central": central, "local": local} {
		commits, _, err := commitFrom(t, s, name, 200)
		require.NoError(t, err)
		require.Equal(t, 200, commits)
	}
	require.Len(t, load(t, central, core.Filter[string, uint64]{}), 300)
	require.Equal(t, uint64(300), countIn(t, hub, cfg.Stream))
	require.Equal(t, uint64(300), countIn(t, edge, cfg.Stream), "its own")
	for _, nc := range []*nats.Conn{hub, edge} { // a leaf node is no cluster
		require.NotContains(t, served(t, nc, cfg.Stream)["metadata"], "io.nats.monitor.peer-expect")
	}
}

func TestOpenRefusesAnOverlapWithTheEdge(t *testing.T) {
	hub, edge := startDomains(t)
	cfg := fresh(1)
	local, err := open(t, edge, cfg)
	require.NoError(t, err)
	_, _, err = commitFrom(t, local, "local", 4)
	require.NoError(t, err)

	_, err = open(t, edge, inDomain(cfg, "hub"))
	wantOverlap(t, err, cfg, "edge")
	js := jetStream(t, hub)
	_, err = js.Stream(t.Context(), cfg.Stream)
	require.ErrorIs(t, err, natsjs.ErrStreamNotFound, "nothing is created")

	_, err = open(t, edge, inDomain(cfg, "edge"))
	require.NoError(t, err, "it is the same stream")
}

// A stream that comes to overlap later answers too, mostly before the hub. No position
// is wrong, and after the first such ack nothing is written until it is gone.
func TestAcksOfAnotherDomainDoNotCount(t *testing.T) {
	hub, edge := startDomains(t)
	var log logRecorder
	cfg := fresh(1)
	cfg.Logger = log.logger()
	central, err := open(t, edge, inDomain(cfg, "hub"))
	require.NoError(t, err)
	_, before, err := commitFrom(t, central, "before", 20)
	require.NoError(t, err)

	create(t, edge, good(cfg))
	// What the empty stream denies, the hub records.
	version, err := central.Version(t.Context(), account("before0"))
	require.NoError(t, err)
	_, err = core.CommitEventsOptimistic(t.Context(), central, account("before0"), version, notes("denied", 1), core.NoMetadata{})
	require.NoError(t, err)
	commits, during, err := commitFrom(t, central, "during", 200)
	wantOverlap(t, err, cfg, "edge")
	require.Less(t, commits, 5, "it is noticed soon")
	require.Equal(t, uint64(before+1+during), countIn(t, hub, cfg.Stream))
	require.LessOrEqual(t, countIn(t, edge, cfg.Stream), uint64(during))
	require.Equal(t, 1, log.count(refusing))

	js := jetStream(t, edge)
	require.NoError(t, js.DeleteStream(t.Context(), cfg.Stream))
	require.Eventually(t, func() bool {
		_, _, err := commitFrom(t, central, fmt.Sprint("after", time.Now().UnixNano()), 1)
		return err == nil
	}, time.Minute, 50*time.Millisecond, goesOn)
	_, _, err = commitFrom(t, central, "again", 20)
	require.NoError(t, err)
}

// A denial names no domain. A stream at the edge that is full denies everything, mostly
// before the hub acks it.
func TestDenialsOfAnotherDomainAreNotBelieved(t *testing.T) {
	hub, edge := startDomains(t)
	cfg := fresh(1)
	central, err := open(t, edge, inDomain(cfg, "hub"))
	require.NoError(t, err)
	full := good(cfg)
	full.MaxBytes = 1
	create(t, edge, full)
	commits, events, err := commitFrom(t, central, "central", 40)
	require.NoError(t, err)
	require.Equal(t, 40, commits)
	require.Equal(t, uint64(events), countIn(t, hub, cfg.Stream))
	require.Zero(t, countIn(t, edge, cfg.Stream))

	version, err := central.Version(t.Context(), account("central0"))
	require.NoError(t, err)
	for _, expected := range []core.Version[uint64]{{}, core.At(uint64(1))} {
		_, err = core.CommitEventsOptimistic(t.Context(), central, account("central0"), expected, notes("stale", 1), core.NoMetadata{})
		conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, version, conflict.Actual)
	}
}

// The store's own ack comes first, and that of the hub later: it is noticed too.
func TestLateAcksOfAnotherDomainAreNoticed(t *testing.T) {
	hub, edge := startDomains(t)
	cfg := fresh(1)
	central, err := open(t, hub, cfg)
	require.NoError(t, err)
	local, err := open(t, edge, cfg)
	require.NoError(t, err, "the hub's streams are not known to a store without a domain")
	var refused error
	for name, s := range map[string]*plainStore{"hub": local, "edge": central} {
		require.Eventually(t, func() bool {
			_, _, refused = commitFrom(t, s, fmt.Sprint(name, time.Now().UnixNano()), 1)
			return refused != nil
		}, time.Minute, time.Millisecond, "commits are refused")
		wantOverlap(t, refused, cfg, name)
	}
}
