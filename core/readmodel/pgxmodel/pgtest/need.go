//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// Shared is a server for all tests of a package. The zero Shared is ready: TestMain closes
// it.
type Shared struct {
	server *Server
	err    error
}

// StartShared starts a server for a TestMain, where PostgreSQL is installed. Where it is
// not, Need skips tests and says so; with JETSOURCE_POSTGRES=required it fails them.
func StartShared() *Shared {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests with PostgreSQL do not run:", err)
	}
	return &Shared{server, err}
}

// Need returns the server.
func (s *Shared) Need(t testing.TB) *Server {
	t.Helper()
	if s.err == nil {
		return s.server
	}
	if os.Getenv("JETSOURCE_POSTGRES") == "required" {
		t.Fatal(s.err)
	}
	t.Skip(s.err)
	return nil
}

// Close stops the server, if there is one.
func (s *Shared) Close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}
