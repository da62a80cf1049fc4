//go:build unix

package cluster

// PID is the number of the server's process.
func (n *Node) PID() int { return n.cmd.Process.Pid }
