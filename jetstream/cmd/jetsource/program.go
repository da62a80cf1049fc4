package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

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

// run runs the program and returns its exit status.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		return help(args, out, errs)
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == args[0] })
	if i < 0 {
		say(errs, "jetsource: there is no command %q; jetsource help lists them\n", args[0])
		return exitUsage
	}
	return runCommand(ctx, commands()[i], args[1:], &program{in: os.Stdin, out: out, err: errs})
}

func runCommand(ctx context.Context, c command, args []string, p *program) int {
	set := flagsOf(c, p)
	var rest []string
	for {
		if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
			describe(c, p.out)
			return exitOK
		} else if err != nil {
			say(p.err, "jetsource %s: %v; see jetsource help %s\n", c.name, err, c.name)
			return exitUsage
		}
		if set.NArg() == 0 {
			break
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:] // flags may stand anywhere
	}
	if len(rest) < c.n[0] || len(rest) > c.n[1] {
		say(p.err, "usage: jetsource %s %s\n", c.name, c.args)
		return exitUsage
	}
	err := p.do(ctx, c, rest)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: %w", err)
		}
		say(p.err, "jetsource %s: %v\n", c.name, err)
		if usage, ok := errors.AsType[*usageError](err); ok && usage != nil {
			return exitUsage
		}
		return exitFailed
	}
}

// do runs a command, which ends when the server refuses something.
func (p *program) do(ctx context.Context, c command, args []string) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.to.denied = cancel
	err := c.run(inner, p, args)
	if err == nil {
		err = p.failed
	}
	if refused := context.Cause(inner); refused != nil && ctx.Err() == nil && err != nil && !errors.Is(err, errFindings) {
		return refused
	}
	return err
}

// flags are those of every command.
func (p *program) flags(set *flag.FlagSet) {
	set.BoolVar(&p.json, "json", false, "print JSON, one value a line")
	p.to.flags(set)
}

// flagsOf returns the flags of a command and of all commands.
func flagsOf(c command, p *program) *flag.FlagSet {
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	p.flags(set)
	if c.flags != nil {
		c.flags(set)
	}
	return set
}

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
