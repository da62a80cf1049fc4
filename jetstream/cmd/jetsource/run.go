package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
)

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
