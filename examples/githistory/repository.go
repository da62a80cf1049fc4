package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// repository is read by running git, on plain output with NUL between the
// names, so that a path may be anything.
type repository struct{ dir string }

// openRepository checks that dir is in a repository: a bare one, a worktree, or
// a folder inside it.
func openRepository(ctx context.Context, dir string) (*repository, error) {
	r := &repository{dir: dir}
	if _, err := r.output(ctx, "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("open repository %s: %w", dir, err)
	}
	return r, nil
}

// head returns the commit of HEAD; nothing if the repository has none yet.
func (r *repository) head(ctx context.Context) (string, error) {
	head, err := r.output(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if code, ok := errors.AsType[*exec.ExitError](err); ok && code.ExitCode() == 1 {
		return "", nil
	}
	return head, err
}

// has reports whether the repository has a commit.
func (r *repository) has(ctx context.Context, hash string) (bool, error) {
	_, err := r.output(ctx, "rev-parse", "--verify", "--quiet", hash+"^{commit}")
	if code, ok := errors.AsType[*exec.ExitError](err); ok && code.ExitCode() == 1 {
		return false, nil
	}
	return err == nil, err
}

// output runs git and returns the line that it prints.
func (r *repository) output(ctx context.Context, args ...string) (string, error) {
	var out []byte
	err := r.run(ctx, func(stdout *bufio.Reader) (err error) {
		out, err = io.ReadAll(stdout)
		return err
	}, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// run runs git while read reads what it prints, and returns when both are done.
func (r *repository) run(ctx context.Context, read func(*bufio.Reader) error, args ...string) error {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.dir}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), pointsElsewhere)
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := read(bufio.NewReaderSize(stdout, 64<<10))
	if readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF) {
		kill() // nobody reads the rest
	}
	err = cmd.Wait()
	switch {
	case readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF):
		return readErr
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case err != nil:
		// It is why the output ended early, if it did.
		return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return readErr
}

// pointsElsewhere tells variables by which git would look at another repository
// than the one it was given. A hook has them set.
func pointsElsewhere(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE":
		return true
	}
	return false
}
