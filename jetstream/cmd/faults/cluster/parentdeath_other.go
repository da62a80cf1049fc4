//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent keeps signals of the terminal from a process. The process ends
// itself when its parent has ended, unless it is paused: see [Serve].
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
