//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent keeps signals of the terminal from the process. That it ends with
// its parent it sees to itself, unless it is paused just then.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
