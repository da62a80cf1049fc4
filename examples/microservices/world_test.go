//go:build unix

package microservices_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/examples/microservices"
)

// world is a directory with certificates and a server on it, which was set up.
type world struct {
	dir     string
	server  microservices.Server
	process *process
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: certificates(t)}
	conf, err := filepath.Abs("nats.conf")
	require.NoError(t, err)
	// The conf as it is shipped, but for the port: the system picks one.
	w.process = start(t, w.dir, "nats-server", "-c", conf, "-p", "-1", "--ports_file_dir", w.dir)
	w.server = microservices.Server{URL: w.url(t), CA: filepath.Join(w.dir, "microservices-data", "ca.pem")}
	start(t, w.dir, "setup", "-nats", w.server.URL).finish(t)
	return w
}

// url waits until the server has said where it listens.
func (w *world) url(t *testing.T) string {
	t.Helper()
	var ports struct{ Nats []string }
	await(t, "the server listens", func() bool {
		files, _ := filepath.Glob(filepath.Join(w.dir, "*.ports"))
		if len(files) != 1 {
			return false
		}
		data, err := os.ReadFile(files[0])
		return err == nil && json.Unmarshal(data, &ports) == nil && len(ports.Nats) == 1
	})
	return ports.Nats[0]
}

// service starts a service at a port that the system picks.
func (w *world) service(t *testing.T, name string) (p *process, url string) {
	t.Helper()
	p = start(t, w.dir, name, "-nats", w.server.URL, "-listen", "127.0.0.1:0")
	return p, p.address(t)
}

// connect connects the test itself as a user.
func (w *world) connect(t *testing.T, user string, more ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := w.server.Connect(user, more...)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// violations returns what the server has refused for lack of a right.
func (w *world) violations() []string { return w.process.stderr.with("Violation") }
