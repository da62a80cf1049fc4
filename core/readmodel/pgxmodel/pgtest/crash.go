//go:build unix

package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

func (s *Server) waitUntilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err, s.log())
		case <-s.ended:
			return errors.Join(errors.New("postgres ended"), s.log())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// log returns what the server has logged, as an error.
func (s *Server) log() error {
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.New(string(log))
}

// Crash ends the server as a crash would, and starts it again after a pause.
func (s *Server) Crash(ctx context.Context, pause time.Duration) error {
	_ = s.process.Process.Signal(syscall.SIGQUIT) // an error if it has ended
	<-s.ended
	time.Sleep(pause)
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	attr, err := s.asUser()
	if err != nil {
		return err
	}
	if err := s.launch(bin, attr); err != nil {
		return err
	}
	return s.waitUntilReady(ctx)
}

// Close stops the server, also one that does not obey, and removes its directory.
func (s *Server) Close() error {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if s.process == nil {
			break
		}
		_ = s.process.Process.Signal(signal) // an error if it has ended
		select {
		case <-s.ended:
			return os.RemoveAll(s.dir)
		case <-time.After(stopTimeout):
		}
	}
	return os.RemoveAll(s.dir)
}
