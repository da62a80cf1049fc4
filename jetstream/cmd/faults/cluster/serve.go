//go:build unix

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// specEnv is the environment variable that makes this program a server. It holds a
// spec as JSON.
const specEnv = "JETSOURCE_FAULTS_SERVER"

// spec is the configuration of a server's process.
type spec struct {
	Name       string
	Dir        string
	SyncAlways bool
	Routes     []string // addresses of the proxies before all servers
}

// addresses is the first line of a server's output, as JSON.
type addresses struct {
	Clients string
	Routes  string
}

// readyTime is how long a server may take until it accepts connections.
const readyTime = 2 * time.Minute

// Serve runs a server and exits if a [Cluster] started this process as one.
// Otherwise it returns at once.
func Serve() {
	text := os.Getenv(specEnv)
	if text == "" {
		return
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve runs a server until SIGTERM.
func serve(text string) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	// The input ends with the program that started this one. Not every system
	// kills a process with its parent.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	opts, err := s.options()
	if err != nil {
		return err
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	ns.ConfigureLogger()
	ns.Start()
	if !ns.ReadyForConnections(readyTime) {
		return errors.New("the server accepts no connections")
	}
	line, err := json.Marshal(addresses{Clients: ns.Addr().String(), Routes: ns.ClusterAddr().String()})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	<-terminate
	ns.Shutdown()
	ns.WaitForShutdown()
	return nil
}

// options returns the options of a server that keeps its streams on disk. It
// advertises an address that nothing listens on: otherwise other servers would
// connect past the proxies.
func (s spec) options() (*server.Options, error) {
	opts := &server.Options{
		ServerName: s.Name,
		Host:       "127.0.0.1",
		Port:       server.RANDOM_PORT,
		JetStream:  true,
		StoreDir:   s.Dir,
		SyncAlways: s.SyncAlways,
		NoSigs:     true,
		LogFile:    filepath.Join(s.Dir, "server.log"),
		Logtime:    true,
		Cluster: server.ClusterOpts{
			Name:        "faults",
			Host:        "127.0.0.1",
			Port:        server.RANDOM_PORT,
			Advertise:   "127.0.0.1:1",
			NoAdvertise: true,
			PoolSize:    -1,
		},
	}
	opts.Cluster.Compression.Mode = server.CompressionOff
	for _, r := range s.Routes {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	return opts, os.MkdirAll(s.Dir, 0o700)
}
