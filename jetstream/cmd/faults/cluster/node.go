//go:build unix

package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// Node is one server of a [Cluster]: a process that can be ended and started
// again. Its methods are not for concurrent use.
type Node struct {
	Name    string
	spec    spec
	clients *proxy
	routes  []*proxy // from every server to this one
	spawner *spawner
	cmd     *exec.Cmd    // nil if the server does not run
	wait    func() error // returns when the process has ended
}

// URL is the address of the server for clients: the one of the proxy before it.
func (n *Node) URL() string { return "nats://" + n.clients.addr() }

// Start starts the server on its directory and returns when it accepts
// connections.
func (n *Node) Start() error {
	stderr, err := os.OpenFile(filepath.Join(n.spec.Dir, "stderr.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	stdout, err := n.spawn(stderr)
	if err != nil {
		return fmt.Errorf("start server %s: %w", n.Name, err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = n.Kill()
		return fmt.Errorf("server %s ended before it accepted connections: see %s", n.Name, stderr.Name())
	}
	var listening addresses
	if err := json.Unmarshal(line, &listening); err != nil {
		_ = n.Kill()
		return fmt.Errorf("server %s: %q: %w", n.Name, line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
	n.clients.setTarget(listening.Clients)
	for _, p := range n.routes {
		p.setTarget(listening.Routes)
	}
	return nil
}

// spawn starts the process and returns its output.
func (n *Node) spawn(stderr *os.File) (stdout io.Reader, err error) {
	text, err := json.Marshal(n.spec)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), specEnv+"="+string(text))
	cmd.Stderr = stderr
	cmd.SysProcAttr = dieWithParent()
	// The system closes the pipe if this program ends, and the server ends then.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if stdout, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := n.spawner.start(cmd); err != nil {
		return nil, err
	}
	n.cmd = cmd
	n.wait = sync.OnceValue(func() error {
		err := cmd.Wait()
		_ = stdin.Close()
		return err
	})
	return stdout, nil
}

// Running reports whether the server has a process, which may be paused.
func (n *Node) Running() bool { return n.cmd != nil }

// Kill ends the process by SIGKILL. It does nothing if the server does not run.
func (n *Node) Kill() error {
	if n.cmd == nil {
		return nil
	}
	err := n.cmd.Process.Kill()
	_ = n.wait() // its error says that the process was killed
	n.cmd = nil
	return err
}

// Stop asks the server to shut down and waits until it has. It does nothing if the
// server does not run.
func (n *Node) Stop() error {
	if n.cmd == nil {
		return nil
	}
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := n.wait()
	n.cmd = nil
	return err
}

// Pause suspends the process. Its connections stay open.
func (n *Node) Pause() error { return n.signal(syscall.SIGSTOP) }

// Resume ends a pause.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT) }

func (n *Node) signal(s syscall.Signal) error {
	if n.cmd == nil {
		return nil
	}
	return n.cmd.Process.Signal(s)
}
