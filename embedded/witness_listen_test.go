package embedded_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

// A client that reaches the server before its log was compared could write events
// at positions that were lost.
func TestNoClientReachesAServerBeforeItsLogsWereCompared(t *testing.T) {
	// With a key the loss is found only by the server itself, while it runs.
	cfg := withKey(t.TempDir(), "key")
	onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, 20) })
	require.NoError(t, cutInHalf(inStream(cfg.Dir, "msgs", "1.blk")))

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg.Listen = l.Addr().String()
	require.NoError(t, l.Close())
	compared := false
	cfg.AcceptLoss = []string{"EVENTS"}
	cfg.Logger = slog.New(onMessage(func(text string) {
		if strings.Contains(text, "Events are missing") {
			compared = true
			require.False(t, greets(cfg.Listen), "while the logs are compared")
		}
	}))
	start(t, cfg)
	require.True(t, compared)
	require.True(t, greets(cfg.Listen), "a server that started")
}

// onMessage is a log handler that calls a function with each message.
type onMessage func(text string)

func (f onMessage) Enabled(context.Context, slog.Level) bool { return true }

func (f onMessage) Handle(_ context.Context, r slog.Record) error {
	f(r.Message)
	return nil
}

func (f onMessage) WithAttrs([]slog.Attr) slog.Handler { return f }

func (f onMessage) WithGroup(string) slog.Handler { return f }

// greets reports whether a NATS server answers at an address.
func greets(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := conn.Read(make([]byte, 1))
	return err == nil && n > 0
}

func TestALostEndOfAnEncryptedStoreIsNoticed(t *testing.T) {
	for _, indexed := range []bool{true, false} {
		cfg := withKey(t.TempDir(), "key")
		onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, 20) })
		if !indexed {
			crashed(t, cfg.Dir)
		}
		require.NoError(t, cutInHalf(inStream(cfg.Dir, "msgs", "1.blk")))
		_, err := embedded.Start(cfg)
		lost := new(embedded.LostEndError)
		require.ErrorAs(t, err, &lost)
		t.Log(err)
	}
}
