package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// logArgs make git print what parseLog reads. Everything is said that a user's
// configuration could say otherwise.
var logArgs = []string{
	"log", "--first-parent", "--reverse", "-z", "--format=" + logFormat, "--encoding=UTF-8",
	"--raw", "--no-abbrev", "--root", "--diff-merges=first-parent", "--no-renames", "--no-relative",
	"--ignore-submodules=none", "-O/dev/null", "--no-show-signature", "--no-notes", "--no-color",
}

// span is the argument by which git lists the commits after one, or all.
func span(after, head string) string {
	if after == "" {
		return head
	}
	return after + ".." + head
}

// count returns how many commits there are on the way from after, or from the
// root if that is empty, to head.
func (r *repository) count(ctx context.Context, after, head string) (int, error) {
	out, err := r.output(ctx, "rev-list", "--count", "--first-parent", span(after, head))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(out)
}

// commits yields the commits that lead from after, or from the root if that is
// empty, to head: by the first parents, the oldest first.
func (r *repository) commits(ctx context.Context, after, head string) iter.Seq2[*commit, error] {
	return func(yield func(*commit, error) bool) {
		errStopped := errors.New("stopped")
		// The output does not say where it ends. If git dies, the last commit may
		// lack changes, so it is held back until git has said that all is well.
		var last *commit
		err := r.run(ctx, func(out *bufio.Reader) error {
			for c, err := range parseLog(out) {
				if err != nil {
					return fmt.Errorf("read git log: %w", err)
				}
				if last != nil && !yield(last, nil) {
					return errStopped
				}
				last = c
			}
			return nil
		}, append(logArgs, span(after, head), "--")...)
		switch {
		case errors.Is(err, errStopped):
		case err != nil:
			yield(nil, err)
		case last != nil:
			yield(last, nil)
		}
	}
}
