package cluster

import "syscall"

// dieWithParent makes the system kill a process whose parent is gone, even one
// that is paused.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
