//go:build unix

package microservices_test

import (
	"io"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestServerOfAnotherAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.server
	other.CA = filepath.Join(certificates(t), "microservices-data", "ca.pem")
	_, err := other.Connect("reader")
	require.ErrorContains(t, err, "unknown authority")
}

func TestNothingIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at, err := url.Parse(w.server.URL)
	require.NoError(t, err)

	_, err = nats.Connect("nats://"+at.Host, nats.UserInfo("reader", "reader-password"))
	require.Error(t, err)

	// Whoever does not greet with TLS hears nothing.
	conn, err := net.Dial("tcp", at.Host)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, `CONNECT {"user":"reader","pass":"reader-password","verbose":true}`+"\r\nPING\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(timeout)))
	said, _ := io.ReadAll(conn)
	require.NotContains(t, string(said), "INFO")
	require.NotContains(t, string(said), "PONG")
}

func TestWrongPasswordIsRefused(t *testing.T) {
	w := newWorld(t)
	t.Setenv("NATS_PASSWORD", "guessed")
	_, err := w.server.Connect("reader")
	require.ErrorIs(t, err, nats.ErrAuthorization)
}
