//go:build power

package powerfs_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// role is the variable that makes the tests a server; it holds a spec.
const role = "JETSOURCE_POWERFS_SERVER"

// spec is what the process of a server is told.
type spec struct {
	Dir  string // of its streams
	Log  string
	Sync bool // sync_interval: always

	// Interval is how often the server syncs and compacts its message blocks; the
	// zero is two minutes.
	Interval time.Duration
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
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, StoreDir: s.Dir, SyncAlways: s.Sync, SyncInterval: s.Interval,
		LogFile: s.Log, Logtime: true,
	})
	if err != nil {
		return err
	}
	ns.ConfigureLogger()
	ns.Start()
	if !ns.ReadyForConnections(patience) {
		return errors.New("server does not listen")
	}
	fmt.Println(ns.ClientURL())
	return nil
}

// machine is a nats-server and the disk of it.
type machine struct {
	t    *testing.T
	disk *powerfs.FS
	log  string
	sync bool
	cmd  *exec.Cmd
	url  string
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
	cut := m.disk.CutAfter(steps)
	select {
	case <-cut:
	case <-m.launch():
	}
	m.kill()
	require.NoError(m.t, m.disk.Lose())
}

// launch starts the server, and sends its URL once it listens, or "" if it ends.
func (m *machine) launch() <-chan string {
	self, err := os.Executable()
	require.NoError(m.t, err)
	s := spec{Dir: m.disk.Dir(), Log: m.log, Sync: m.sync}
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
	url := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		url <- strings.TrimSpace(line)
	}()
	return url
}

func (m *machine) kill() {
	require.NoError(m.t, m.cmd.Process.Kill())
	require.Error(m.t, m.cmd.Wait())
	m.cmd = nil
}

var variable = regexp.MustCompile(`[0-9a-f]{32}|\d+|/\S+|"[^"]*"`)

// complaints are the kinds of warnings and errors in the server's log, and of what
// it says about batches, and how many of each.
func (m *machine) complaints() map[string]int {
	text, err := os.ReadFile(m.log)
	require.NoError(m.t, err)
	kinds := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		level := regexp.MustCompile(`\[(WRN|ERR|FTL)\]|\[INF\].*batch`).FindString(line)
		if at := strings.Index(line, level); level != "" {
			kinds[variable.ReplaceAllString(strings.TrimSpace(line[at:]), "…")]++
		}
	}
	return kinds
}
