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
}

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
		JetStream: true, StoreDir: s.Dir, SyncAlways: s.Sync,
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

// start starts the server on what the disk holds.
func (m *machine) start() {
	self, err := os.Executable()
	require.NoError(m.t, err)
	text, err := json.Marshal(spec{m.disk.Dir(), m.log, m.sync})
	require.NoError(m.t, err)
	m.cmd = exec.Command(self)
	m.cmd.Env = append(os.Environ(), role+"="+string(text))
	_, err = m.cmd.StdinPipe()
	require.NoError(m.t, err)
	out, err := m.cmd.StdoutPipe()
	require.NoError(m.t, err)
	require.NoError(m.t, m.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(m.t, err)
	m.url = strings.TrimSpace(line)
	require.Contains(m.t, m.url, "nats://")
}

func (m *machine) kill() {
	require.NoError(m.t, m.cmd.Process.Kill())
	require.Error(m.t, m.cmd.Wait())
	m.cmd = nil
}

// loses power and returns how long the server needed to come back.
func (m *machine) losePower() time.Duration {
	m.kill()
	require.NoError(m.t, m.disk.Lose())
	begun := time.Now()
	m.start()
	return time.Since(begun)
}

var variable = regexp.MustCompile(`[0-9a-f]{32}|\d+|/\S+|"[^"]*"`)

// warnings are the kinds of warnings and errors in the server's log, and how many
// of each.
func (m *machine) warnings() map[string]int {
	text, err := os.ReadFile(m.log)
	require.NoError(m.t, err)
	kinds := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		for _, level := range []string{"[WRN]", "[ERR]", "[FTL]"} {
			if _, message, ok := strings.Cut(line, level); ok {
				kinds[level+variable.ReplaceAllString(strings.TrimSpace(message), "…")]++
			}
		}
	}
	return kinds
}
