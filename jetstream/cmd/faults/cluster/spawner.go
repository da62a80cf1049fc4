//go:build unix

package cluster

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one thread of its own. On Linux a process that is
// to die with its parent dies with the thread that started it, and the Go runtime
// ends threads.
type spawner struct {
	cmds chan *exec.Cmd
	errs chan error
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{cmds: make(chan *exec.Cmd), errs: make(chan error), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		for cmd := range s.cmds {
			s.errs <- cmd.Start()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	s.cmds <- cmd
	return <-s.errs
}

// close ends the thread. On Linux this kills the processes that still run.
func (s *spawner) close() {
	close(s.cmds)
	<-s.done
}
