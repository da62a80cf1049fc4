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

// Node is one server of a [Cluster]: a process that may die and come back. Its
// methods are not for concurrent use.
type Node struct {
	Name    string
	spec    spec
	clients *proxy
	routes  []*proxy // in front of its route listener: one for each member
	spawn   *spawner
	cmd     *exec.Cmd
	wait    func() error
}

// URL is where clients reach the server: the proxy in front of it.
func (n *Node) URL() string { return "nats://" + n.clients.addr() }

// Start starts the server on its directory, and returns once it listens.
func (n *Node) Start() error {
	text, err := json.Marshal(n.spec)
	if err != nil {
		return err
	}
	stderr, err := os.OpenFile(filepath.Join(n.spec.Dir, "stderr.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), role+"="+string(text))
	cmd.Stderr = stderr
	cmd.SysProcAttr = dieWithParent()
	// The pipe is closed when the process is gone, and by the system when we are.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.spawn.start(cmd); err != nil {
		return err
	}
	n.cmd = cmd
	n.wait = sync.OnceValue(func() error {
		err := cmd.Wait()
		_ = stdin.Close()
		return err
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = n.Kill()
		return fmt.Errorf("server %s ended before it listened: see %s", n.Name, stderr.Name())
	}
	var at ports
	if err := json.Unmarshal(line, &at); err != nil {
		_ = n.Kill()
		return fmt.Errorf("server %s: %q: %w", n.Name, line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
	n.clients.aim(at.Clients)
	for _, p := range n.routes {
		p.aim(at.Routes)
	}
	return nil
}

// Running tells whether the server has a process, be it paused.
func (n *Node) Running() bool { return n.cmd != nil }

// Kill kills the server, which cannot do anything about it.
func (n *Node) Kill() error {
	if n.cmd == nil {
		return nil
	}
	err := n.cmd.Process.Kill()
	_ = n.wait() // says that it was killed
	n.cmd = nil
	return err
}

// Stop asks the server to end in order, and waits until it has.
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

// Pause stops the process in its tracks; its connections stay.
func (n *Node) Pause() error { return n.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT) }

func (n *Node) signal(s syscall.Signal) error {
	if n.cmd == nil {
		return nil
	}
	return n.cmd.Process.Signal(s)
}
