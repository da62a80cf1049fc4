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

// role is the variable that makes a program a server; it holds a spec.
const role = "JETSOURCE_FAULTS_SERVER"

// spec is what a server's process is told.
type spec struct {
	Name   string
	Dir    string
	Sync   bool     // sync_interval: always
	Routes []string // of all members, through the proxies in front of them
}

// ports is what a server's process answers, as one line of JSON.
type ports struct {
	Clients, Routes string // addresses
}

// Serve runs the server and exits if this process was started to be one.
// Otherwise it returns at once.
func Serve() {
	text := os.Getenv(role)
	if text == "" {
		return
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(text string) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	// The pipe ends with the program that began this one, where the system does
	// not kill it by itself.
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
	if !ns.ReadyForConnections(time.Minute) {
		return errors.New("server does not listen")
	}
	line, err := json.Marshal(ports{ns.Addr().String(), ns.ClusterAddr().String()})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	<-term
	ns.Shutdown()
	ns.WaitForShutdown()
	return nil
}

// options are those of a server that keeps its streams on disk. It advertises an
// address where nobody is, so that no other server finds a way around the
// proxies.
func (s spec) options() (*server.Options, error) {
	opts := &server.Options{
		ServerName: s.Name,
		Host:       "127.0.0.1",
		Port:       server.RANDOM_PORT,
		JetStream:  true,
		StoreDir:   s.Dir,
		SyncAlways: s.Sync,
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
