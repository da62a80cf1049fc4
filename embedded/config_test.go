package embedded_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded"
)

func TestBadConfigIsRefusedWithItsField(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()

	for name, c := range map[string]struct {
		cfg   embedded.Config
		field string
	}{
		"Listen is no address":       {embedded.Config{Listen: "here"}, "Listen"},
		"Listen has no port":         {embedded.Config{Listen: "127.0.0.1"}, "Listen"},
		"Listen has a bad port":      {embedded.Config{Listen: "127.0.0.1:70000"}, "Listen"},
		"Listen is of another host":  {embedded.Config{Listen: "192.0.2.1:0"}, "Listen"},
		"Listen is in use":           {embedded.Config{Listen: taken.Addr().String()}, "Listen"},
		"Dir is a file":              {embedded.Config{Dir: file}, "Dir"},
		"Dir is below a file":        {embedded.Config{Dir: filepath.Join(file, "data")}, "Dir"},
		"Name has a space":           {embedded.Config{Name: "my server"}, "Name"},
		"Listen is bad, Dir is good": {embedded.Config{Dir: dir, Listen: "here"}, "Listen"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := embedded.Start(c.cfg)
			var bad *embedded.ConfigError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.field, bad.Field)
			goleak.VerifyNone(t)
		})
	}
	start(t, embedded.Config{Dir: dir})
}

func TestReadOnlyDirectoryIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("needs a user that file modes restrict")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err := embedded.Start(embedded.Config{Dir: dir})
	var bad *embedded.ConfigError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "Dir", bad.Field)
	require.ErrorIs(t, err, syscall.EACCES)
}

func TestFailedStartLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	store := filepath.Join(dir, "jetstream")
	require.NoError(t, os.WriteFile(store, nil, 0o600))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port

	_, err = embedded.Start(embedded.Config{Dir: dir})
	require.ErrorContains(t, err, "storage directory is not a directory")
	goleak.VerifyNone(t)

	require.NoError(t, os.Remove(store))
	_, err = embedded.Start(embedded.Config{Dir: dir, Options: func(o *server.Options) {
		o.HTTPHost, o.HTTPPort = "127.0.0.1", port
	}})
	require.ErrorContains(t, err, "monitoring")
	goleak.VerifyNone(t)

	_, err = embedded.Start(embedded.Config{Dir: dir, Options: func(o *server.Options) { o.MaxPayload = 1 << 30 }})
	require.ErrorContains(t, err, "max_payload")
	start(t, embedded.Config{Dir: dir})
}

func TestFieldsOfConfigOverrideOptions(t *testing.T) {
	var opts *server.Options
	start(t, embedded.Config{Dir: t.TempDir(), Options: func(o *server.Options) {
		o.MaxPayload = 2 << 20
		o.JetStream, o.NoSigs, o.SyncAlways = false, false, false
		opts = o
	}})
	require.Equal(t, int32(2<<20), opts.MaxPayload)
	require.True(t, opts.JetStream)
	require.True(t, opts.NoSigs)
	require.True(t, opts.SyncAlways)
	require.Zero(t, opts.HTTPPort)
	require.Zero(t, opts.ProfPort)
}
