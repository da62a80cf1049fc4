package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func pauseReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	return p.done(r.Pause(ctx, args[1]), "paused", args[1], "its workers stop within seconds; jetsource reactors resume %s has them go on", args[1])
}

func resumeReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	return p.done(r.Resume(ctx, args[1]), "resumed", args[1], "its workers go on within seconds")
}

func skipEvent(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	at, err := position(args[2], 1)
	if err != nil {
		return err
	}
	e, err := r.Skip(ctx, args[1], at)
	if err != nil {
		return err
	}
	return p.done(nil, "skipped", args[1], "it passes over position %d, %s of %s %s, within seconds", at, e.Kind, e.Aggregate, e.ID)
}

func resetReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	at, err := position(args[2], 0)
	if err != nil {
		return err
	}
	return p.done(r.Reset(ctx, args[1], at), "reset", args[1], "it reacts to the events after position %d next", at)
}

// done says what was done with a reactor, unless err says why not.
func (p *program) done(err error, what, name, format string, args ...any) error {
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, map[string]string{"reactor": name, "done": what})
	}
	p.printf("%s", view.Printable(fmt.Sprintf("%s: "+format, append([]any{name}, args...)...))+"\n")
	return nil
}

// position reads a position, which is not less than another.
func position(text string, least uint64) (uint64, error) {
	at, err := strconv.ParseUint(text, 10, 64)
	if err != nil || at < least {
		return 0, &usageError{fmt.Sprintf("%q is no position", text)}
	}
	return at, nil
}
