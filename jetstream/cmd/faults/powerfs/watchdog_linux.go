package powerfs

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// watched is the variable that makes a program the watchdog of another one; it
// holds the directory where that has mounted its file system.
const watched = "JETSOURCE_POWERFS_WATCHED"

func init() {
	if dir := os.Getenv(watched); dir != "" {
		watch(dir)
	}
}

// watch waits for the end of the program that started this one, unmounts its file
// system and ends. The unmount is forced: the program cannot end while one of its
// threads waits for an answer that was to come from another.
func watch(dir string) {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
	program := os.Getppid()
	fmt.Println("watching")
	<-end
	for ended := false; !ended; time.Sleep(time.Millisecond) {
		ended = os.Getppid() != program // then a last time: it may have been mounting
		_ = detach(dir)                 // fails if it is not mounted
	}
	os.Exit(0)
}

// watchdog is a process that outlives this one to unmount its file system. It is
// this program started again.
type watchdog struct {
	end, ended chan struct{}
}

// startWatchdog returns once the watchdog watches.
func startWatchdog(dir string) (*watchdog, error) {
	w := &watchdog{end: make(chan struct{}), ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(w.ended)
		// The system tells the child of the end of the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd, err := runWatchdog(dir)
		started <- err
		if err != nil {
			return
		}
		<-w.end
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
	}()
	if err := <-started; err != nil {
		<-w.ended
		return nil, fmt.Errorf("start its watchdog: %w", err)
	}
	return w, nil
}

func runWatchdog(dir string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), watched+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setsid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	return cmd, nil
}

// stop ends the watchdog.
func (w *watchdog) stop() {
	close(w.end)
	<-w.ended
}
