//go:build unix

// Package pgtest starts a PostgreSQL of its own for tests and examples, in a temporary
// directory, as another user where the program runs as root.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stopTimeout is how long a process has to end before it is told in a harsher way.
const stopTimeout = 20 * time.Second

// Server is a PostgreSQL in a directory of its own, which only its socket
// there leads to.
type Server struct {
	dir      string
	settings []string // "name=value"
	process  *exec.Cmd
	ended    chan struct{} // closed once process has ended
}

// Start returns a server that answers, with settings such as "shared_buffers=512MB"
// beside its own. [Server.Close] stops it.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "jetsource-pg")
	if err != nil {
		return nil, err
	}
	own := []string{"listen_addresses=", "max_connections=200", "shared_buffers=64MB"}
	s := &Server{dir: dir, settings: append(own, settings...)} // the last of a name counts
	err = s.start(ctx, bin)
	if err == nil {
		err = s.waitUntilReady(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start makes a database and starts its server.
func (s *Server) start(ctx context.Context, bin string) error {
	attr, err := s.asUser()
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C")
	initdb.SysProcAttr, initdb.Dir = attr, s.dir
	initdb.Cancel = func() error { return syscall.Kill(-initdb.Process.Pid, syscall.SIGINT) } // its children, too
	initdb.WaitDelay = stopTimeout
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s.launch(bin, attr)
}

// launch starts the server of a database that is there.
func (s *Server) launch(bin string, attr *syscall.SysProcAttr) error {
	data := filepath.Join(s.dir, "data")
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	args := []string{"-D", data, "-k", s.dir}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	process := exec.Command(filepath.Join(bin, "postgres"), args...)
	process.SysProcAttr, process.Dir, process.Stdout, process.Stderr = attr, s.dir, log, log
	err = process.Start()
	if err == nil {
		s.process, s.ended = process, make(chan struct{})
		go func() {
			_ = process.Wait() // the log says why
			close(s.ended)
		}()
	}
	return errors.Join(err, log.Close()) // the process has a copy
}

// postgresBin returns the directory of initdb and postgres: Debian's of the newest
// version, or that in which the path has them.
func postgresBin() (string, error) {
	found, newest := "", 0
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is valid
	for _, path := range dirs {
		dir := filepath.Dir(path)
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && v > newest {
			found, newest = dir, v
		}
	}
	if found != "" {
		return found, nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("needs PostgreSQL (make postgres): %w", err)
	}
	return filepath.Dir(path), nil
}

// asUser has processes run in a group of their own, which a Ctrl-C does not reach:
// the server is to end after its clients. PostgreSQL refuses to run as root, so that
// for root they run as another user, who gets the directory.
func (s *Server) asUser() (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(s.dir, int(uid), int(gid))
}

// DSN returns how pgx connects to the server.
func (s *Server) DSN() string { return "host=" + s.dir + " user=test dbname=postgres" }
