package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

// Exit statuses.
const (
	exitOK       = 0
	exitFailed   = 1 // the command could not be done
	exitUsage    = 2
	exitFindings = 3 // something is wrong: verify, doctor, void; parked: a replay failed
)

// command is one command of the program.
type command struct {
	name  string
	args  string // as the help shows them
	short string
	long  string
	flags func(*flag.FlagSet)
	run   func(context.Context, *program, []string) error
	n     [2]int // how few and how many arguments
}

// program is one run of the program.
type program struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	meta     bool // print what records came from
	to       target
	failed   error // the first of what was printed
}

// errFindings says that a check found something: it was printed.
var errFindings = errors.New("something is wrong")

// usageError says that a command was called in a way that it is not.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// open connects and finds the log of the store. The caller closes it.
func (p *program) open(ctx context.Context) (*rawlog.Log, func(), error) {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return nil, nil, err
	}
	return l, nc.Close, nil
}

// openLog is open for a command that needs the connection too.
func (p *program) openLog(ctx context.Context, opts ...nats.Option) (*rawlog.Log, *nats.Conn, error) {
	nc, err := p.to.connect(opts...)
	if err != nil {
		return nil, nil, err
	}
	l, err := rawlog.Open(ctx, nc, p.to.stream, p.to.domain)
	if err != nil {
		nc.Close()
		return nil, nil, fmt.Errorf("%w; --stream names the stream of the store, jetsource info --all lists those there are", err)
	}
	return l, nc, nil
}

// printf prints to people. What fails is an error of the command.
func (p *program) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format, args...); err != nil && p.failed == nil {
		p.failed = err
	}
}

// say writes where nothing can be done about it if that fails.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// isTerminal reports whether a stream goes to a person, or comes from one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull) // a device too
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && (nullErr != nil || !os.SameFile(info, null))
}
