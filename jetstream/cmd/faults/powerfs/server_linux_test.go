//go:build power

package powerfs_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// role is the variable that makes the tests a server; it holds a spec.
const role = "JETSOURCE_POWERFS_SERVER"

// spec is what the process of a server is told.
type spec struct {
	Dir  string // of its streams
	Log  string
	Sync bool // sync_interval: always
	Port int  // it listens on; -1 for any

	// Interval is how often the server syncs and compacts its message blocks; the
	// zero is two minutes.
	Interval time.Duration

	// Staging is the memory in which an embedded server puts commits together; empty
	// for a nats-server, which does so on the disk.
	Staging string
}

func init() { programs = append(programs, serve) }

// serve runs the server if this process was started to be one.
func serve() {
	text := os.Getenv(role)
	if text == "" {
		return
	}
	go func() { // the pipe ends with the program that began this one
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	if err := runServer(text); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	select {} // until it is killed
}

func runServer(text string) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	if s.Staging != "" {
		return runEmbedded(s)
	}
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: s.Port, NoSigs: true,
		JetStream: true, StoreDir: s.Dir, SyncAlways: s.Sync, SyncInterval: s.Interval,
		LogFile: s.Log, Logtime: true,
	})
	if err != nil {
		return err
	}
	ns.ConfigureLogger()
	ns.Start()
	if !ns.ReadyForConnections(timeout) {
		return errors.New("server does not listen")
	}
	fmt.Println(ns.ClientURL())
	return nil
}

// runEmbedded runs an embedded server.
func runEmbedded(s spec) error {
	srv, err := embedded.Start(embedded.Config{
		Dir: s.Dir, LazySync: !s.Sync, Staging: s.Staging, Listen: fmt.Sprint("127.0.0.1:", max(s.Port, 0)),
		Options: func(o *server.Options) { o.SyncInterval = s.Interval },
	})
	if err != nil {
		return err
	}
	fmt.Println(srv.URL())
	return nil
}

// machine is a nats-server and the disk of it.
type machine struct {
	t    *testing.T
	disk *powerfs.FS
	log  string
	sync bool
	cmd  *exec.Cmd
	url  string // the same again after a start

	memory string // of an embedded server; empty for a nats-server

	process atomic.Pointer[os.Process]
}

func newMachine(t *testing.T, sync bool, opts powerfs.Options) *machine {
	m := &machine{t: t, disk: mount(t, opts), log: filepath.Join(t.TempDir(), "server.log"), sync: sync}
	t.Cleanup(func() {
		if m.cmd != nil {
			m.kill()
		}
	})
	return m
}

// start starts the server on what the disk holds, and returns how long that took.
func (m *machine) start() time.Duration {
	begun := time.Now()
	m.url = <-m.launch()
	require.Contains(m.t, m.url, "nats://")
	return time.Since(begun)
}

// loseWhileStarting starts the server, and loses power after some steps of its disk,
// or once it listens.
func (m *machine) loseWhileStarting(steps int) {
	cut := m.disk.CutAfter(steps, m.killAtOnce)
	select {
	case <-cut:
	case <-m.launch():
	}
	m.lose()
}

// lose ends the server, and what the disk and the memory have not kept.
func (m *machine) lose() {
	m.kill()
	require.NoError(m.t, m.disk.Lose())
	if m.memory != "" {
		require.NoError(m.t, os.RemoveAll(m.memory))
		require.NoError(m.t, os.Mkdir(m.memory, 0o700))
	}
}

// launch starts the server, and sends its URL once it listens, or "" if it ends.
func (m *machine) launch() <-chan string {
	self, err := os.Executable()
	require.NoError(m.t, err)
	s := spec{Dir: m.disk.Dir(), Log: m.log, Sync: m.sync, Port: server.RANDOM_PORT, Staging: m.memory}
	if u, err := url.Parse(m.url); err == nil && u.Port() != "" {
		s.Port, err = strconv.Atoi(u.Port()) // so that clients come back
		require.NoError(m.t, err)
	}
	if s.Sync {
		s.Interval = 200 * time.Millisecond // to compact while we are here
	}
	text, err := json.Marshal(s)
	require.NoError(m.t, err)
	m.cmd = exec.Command(self)
	m.cmd.Env = append(os.Environ(), role+"="+string(text))
	_, err = m.cmd.StdinPipe()
	require.NoError(m.t, err)
	out, err := m.cmd.StdoutPipe()
	require.NoError(m.t, err)
	require.NoError(m.t, m.cmd.Start())
	m.process.Store(m.cmd.Process)
	listens := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		listens <- strings.TrimSpace(line)
	}()
	return listens
}

// killAtOnce ends the server, and does not wait for its end: what it has not synced is
// read by nobody any more.
func (m *machine) killAtOnce() {
	if p := m.process.Load(); p != nil {
		_ = p.Kill()
	}
}

func (m *machine) kill() {
	require.NoError(m.t, m.cmd.Process.Kill())
	require.Error(m.t, m.cmd.Wait())
	m.cmd = nil
}

// cutWithin cuts the power after some steps of the disk, mostly between a write and its
// sync, and tells when it is off.
func (m *machine) cutWithin(r *rand.Rand, steps int) func() bool {
	cut := m.disk.CutAfter(1+r.IntN(steps), m.killAtOnce)
	return func() bool {
		select {
		case <-cut:
			return true
		default:
			return false
		}
	}
}
