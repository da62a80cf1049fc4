//go:build unix

package cluster

// PID is the id of the server's process.
func (n *Node) PID() int { return n.cmd.Process.Pid }
