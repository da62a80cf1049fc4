package embeddedtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
)

// Addresses is the line that the process of the servers begins with, as JSON.
type Addresses struct {
	Single  string   // URL
	Members []string // URLs
}

// startProcess starts the servers in a process, which ends when its input does: also when
// this process is killed.
func startProcess() (*Servers, error) {
	cmd := exec.Command("go", "run", "github.com/jetsource/jetsource/embedded/embeddedtest/servers")
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	end := func() error { return errors.Join(input.Close(), cmd.Wait()) }
	var at Addresses
	if err := json.NewDecoder(output).Decode(&at); err != nil {
		return nil, errors.Join(fmt.Errorf("embeddedtest: the servers did not start: %w", err), end())
	}
	s := &Servers{Single: remote(at.Single), Cluster: new(Cluster), close: end}
	for _, member := range at.Members {
		s.Cluster.members = append(s.Cluster.members, remote(member))
	}
	return s, nil
}

// remote is a server in another process.
type remote string // URL

func (r remote) InProcessConn() (net.Conn, error) {
	at, err := url.Parse(string(r))
	if err != nil {
		return nil, err
	}
	return net.Dial("tcp", at.Host)
}
