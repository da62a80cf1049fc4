package cluster

import "syscall"

// dieWithParent makes the system kill a process when its parent has ended, even if
// the process is paused. Signals of the terminal do not reach it.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
