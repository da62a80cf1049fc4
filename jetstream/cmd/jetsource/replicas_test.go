package main

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
)

func TestReplicasAreCompared(t *testing.T) {
	servers, err := embedded.StartCluster(3, embedded.Config{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	defer servers.Close()
	nc, err := nats.Connect("", nats.InProcessServer(servers), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	w := &world{t, nc, js, servers.Server(0)}
	w.open(jetstream.Config{Replicas: 3})
	w.fill(5)
	code, v := w.verify("--replicas")
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.Eventually(t, func() bool { // once they have caught up
		code, _, _ := w.jetsource("doctor")
		return code == exitOK
	}, time.Minute, poll)

	require.NoError(t, servers.Server(2).Close())
	require.Eventually(t, func() bool {
		code, out, _ := w.jetsource("doctor")
		return code == exitFindings && len(out) > 0
	}, time.Minute, 100*time.Millisecond)
	code, _, errs := w.jetsource("verify", "--replicas")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "cannot be reached")
}

func TestDifferentReplicasAreFound(t *testing.T) {
	a, b := digest{1}, digest{2}
	require.Empty(t, compare([]replica{{"one", []digest{a, b}}, {"two", []digest{a, b}}}))
	found := compare([]replica{{"one", []digest{a, b, a, a}}, {"two", []digest{a, b, b, b}}, {"three", []digest{a, b, a, {}}}})
	require.Len(t, found, 2)
	require.Equal(t, audit.NewFinding(audit.Replica, 4, "servers one and three hold different messages"), found[0])
	require.Equal(t, uint64(3), found[1].Position)
	require.Equal(t, uint64(4), found[1].To)
}
