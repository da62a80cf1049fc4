package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxShown is how many differences are shown. All of them are counted.
const maxShown = 10

// verify folds all events once more, from the store alone, and compares the
// files that then exist with the tree of head.
func verify(ctx context.Context, s *store, repo *repository, head string, out report) error {
	st, err := load(ctx, s)
	if err != nil {
		return err
	}
	want, err := repo.tree(ctx, head)
	if err != nil {
		return err
	}
	aggregates := len(st.files)
	if !st.version.IsZero() {
		aggregates++
	}
	out.printf("the store:   %d commits, %d events, %d aggregates, %d split commits, %d hashed paths\n",
		st.commits, st.events, aggregates, st.splits, st.hashedPaths())
	if head != "" {
		out.printf("the tree:    %d files at %.12s\n", len(want), head)
	}

	diffs := differences(st.tree(), want)
	for _, d := range diffs[:min(len(diffs), maxShown)] {
		out.printf("%s\n", d)
	}
	out.printf("differences: %d\n", len(diffs))
	if len(diffs) > 0 {
		return fmt.Errorf("store and repository differ in %d files", len(diffs))
	}
	return nil
}

// tree is what there is at each path: mode and blob.
type tree map[string]string

// tree returns the files that exist.
func (st *state) tree() tree {
	t := make(tree)
	for _, f := range st.files {
		if f.present {
			t[string(f.Path)] = f.Mode + " " + f.Blob
		}
	}
	return t
}

// tree returns the files of a commit; none if there is no commit.
func (r *repository) tree(ctx context.Context, head string) (tree, error) {
	t := make(tree)
	if head == "" {
		return t, nil
	}
	err := r.run(ctx, func(out *bufio.Reader) error {
		for {
			line, err := nextName(out)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			// "MODE TYPE BLOB\tPATH"
			entry, path, _ := strings.Cut(line, "\t")
			f := strings.Split(entry, " ")
			if len(f) != 3 || path == "" {
				return fmt.Errorf("read git ls-tree: %.200q is no entry", line)
			}
			t[path] = f[0] + " " + f[2]
		}
	}, "ls-tree", "-r", "-z", "--full-tree", head)
	return t, err
}

// differences describes each path that is not the same in the store and in git.
func differences(store, git tree) []string {
	paths := maps.Clone(git)
	maps.Copy(paths, store)
	var diffs []string
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if store[path] != git[path] {
			diffs = append(diffs, fmt.Sprintf("  %.200q is %q in the store, %q in git", path, store[path], git[path]))
		}
	}
	return diffs
}
