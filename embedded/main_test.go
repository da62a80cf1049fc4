package embedded_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded"
)

// holdDir is the environment variable with the directory on which the test binary,
// as a second process, runs a server until it is killed or its standard input ends.
const holdDir = "EMBEDDED_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdDir); dir != "" {
		os.Exit(hold(dir))
	}
	if dir := os.Getenv(commitDir); dir != "" {
		os.Exit(commitUntilKilled(dir))
	}
	goleak.VerifyTestMain(m)
}

// soak chooses how much a test does: little in make test, much in make soak.
func soak(little, much int) int {
	if os.Getenv("JETSOURCE_SOAK") != "" {
		return much
	}
	return little
}

// hold starts a server on dir, publishes one message and prints "held".
func hold(dir string) int {
	srv, err := embedded.Start(embedded.Config{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(time.Minute))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx := context.Background()
	if _, err := js.CreateStream(ctx, eventsConfig(1)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := js.Publish(ctx, "events.first", []byte("kept")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// start starts a server, which the end of the test closes.
func start(t *testing.T, cfg embedded.Config) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(cfg)
	require.NoError(t, err, "start server")
	t.Cleanup(func() { require.NoError(t, srv.Close(), "close server") })
	return srv
}

// connect connects a client to srv, which the end of the test closes.
func connect(t *testing.T, srv nats.InProcessConnProvider) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(srv),
		nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // does not log lost connections
	require.NoError(t, err, "connect")
	return streams(t, nc)
}

// streams returns the JetStream of a connection, which the end of the test closes.
func streams(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	closed := make(chan struct{})
	nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	t.Cleanup(func() {
		nc.Close()
		<-closed
	})
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(time.Minute))
	require.NoError(t, err, "open JetStream")
	return js
}

func eventsConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"events.>"}, Replicas: replicas}
}
