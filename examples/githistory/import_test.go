package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestGenerateOnly(t *testing.T) {
	if *keep == "" {
		t.Skip("no -keep")
	}
	generate(t, *keep, size())
}

func TestImportsAnyHistory(t *testing.T) {
	repo, dir := filepath.Join(t.TempDir(), "r.git"), t.TempDir()
	generate(t, repo, size())

	out, err := imported(t, "-dir", dir, repo)
	require.NoError(t, err)
	require.Contains(t, out, "differences: 0\n")
	require.Contains(t, out, "files: split into 3 parts\n")
	require.Contains(t, out, " 1 split commits, 6 hashed paths\n")
	requireOnce(t, dir, repo)

	out, err = imported(t, "-dir", dir, repo)
	require.NoError(t, err)
	require.Contains(t, out, "0 commits, 0 events in")
	require.Contains(t, out, "differences: 0\n")
}

func TestGoesOnWithinASplitCommit(t *testing.T) {
	repo, dir := filepath.Join(t.TempDir(), "r.git"), t.TempDir()
	generate(t, repo, 3_000)
	split := false
	err := interrupted(t, func(line string) bool {
		first := split && strings.Contains(line, " of ")
		split = split || strings.Contains(line, "split into")
		return first
	}, func(cancel func()) { cancel() }, "-dir", dir, repo)
	require.ErrorIs(t, err, context.Canceled)

	out, err := imported(t, "-dir", dir, repo)
	require.NoError(t, err)
	require.Contains(t, out, "after part 1 of 3\n")
	require.Contains(t, out, "differences: 0\n")
	requireOnce(t, dir, repo)
}

func TestASecondImporterIsRefused(t *testing.T) {
	repo := filepath.Join(t.TempDir(), "r.git")
	generate(t, repo, 3_000)
	dir := t.TempDir()
	srv, err := embedded.Start(embedded.Config{Dir: dir, LazySync: true, Listen: "127.0.0.1:0"})
	require.NoError(t, err)

	err = interrupted(t, func(line string) bool { return strings.Contains(line, " of ") }, func(func()) {
		out, err := imported(t, "-nats", srv.URL(), repo)
		require.NoError(t, err)
		require.Contains(t, out, "differences: 0\n")
	}, "-nats", srv.URL(), repo)
	require.ErrorIs(t, err, core.ErrConflict)
	require.ErrorContains(t, err, "another import is at work")

	require.NoError(t, srv.Close())
	requireOnce(t, dir, repo)
}

func TestImportsTheRepositoryOfThisProgram(t *testing.T) {
	repo, err := openRepository(t.Context(), ".")
	if err != nil {
		t.Skip("this is no git checkout: ", err)
	}
	if head, err := repo.head(t.Context()); err != nil || head == "" {
		t.Skip("this repository has no commits: ", err)
	}
	dir := t.TempDir()
	out, err := imported(t, "-dir", dir, ".") // a folder in a worktree
	require.NoError(t, err)
	require.Contains(t, out, "differences: 0\n")
	requireOnce(t, dir, ".")
}

func TestRefusesARewrittenHistory(t *testing.T) {
	for name, rewrite := range map[string]func(t *testing.T, repo string){
		"commits taken back": func(t *testing.T, repo string) {
			git(t, nil, "-C", repo, "reset", "--quiet", "--hard", "HEAD~1")
		},
		"last commit amended": func(t *testing.T, repo string) {
			git(t, nil, "-C", repo, "commit", "--quiet", "--amend", "--allow-empty", "-m", "another")
		},
		"merged as the second parent": func(t *testing.T, repo string) {
			tree, last := git(t, nil, "-C", repo, "rev-parse", "HEAD^{tree}"), git(t, nil, "-C", repo, "rev-parse", "HEAD")
			merge := git(t, nil, "-C", repo, "commit-tree", "-p", "HEAD~1", "-p", last, "-m", "merge", tree)
			git(t, nil, "-C", repo, "reset", "--quiet", "--hard", merge)
		},
		"another repository": func(t *testing.T, repo string) {
			require.NoError(t, os.RemoveAll(repo))
			worktree(t, repo)
			git(t, nil, "-C", repo, "commit", "--quiet", "--allow-empty", "-m", "other")
		},
		"no commits left": func(t *testing.T, repo string) {
			git(t, nil, "-C", repo, "checkout", "--quiet", "--orphan", "none")
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo, dir := t.TempDir(), t.TempDir()
			worktree(t, repo)
			git(t, nil, "-C", repo, "commit", "--quiet", "--allow-empty", "-m", "second")
			_, err := imported(t, "-dir", dir, repo)
			require.NoError(t, err)

			rewrite(t, repo)
			_, err = imported(t, "-dir", dir, repo)
			var rewritten *rewrittenError
			require.ErrorAs(t, err, &rewritten)
		})
	}
}

func TestRepositories(t *testing.T) {
	t.Run("a folder of a worktree stands for all of it", func(t *testing.T) {
		repo := t.TempDir()
		worktree(t, repo)
		out, err := imported(t, "-dir", t.TempDir(), filepath.Join(repo, "sub"))
		require.NoError(t, err)
		require.Contains(t, out, "the tree:    2 files")
		require.Contains(t, out, "differences: 0\n")
	})
	t.Run("one without commits is nothing to import", func(t *testing.T) {
		repo := t.TempDir()
		git(t, nil, "init", "--quiet", repo)
		out, err := imported(t, "-dir", t.TempDir(), repo)
		require.NoError(t, err)
		require.Contains(t, out, "has no commits\n")
		require.Contains(t, out, "differences: 0\n")
	})
	t.Run("its configuration does not change what is read", func(t *testing.T) {
		repo := t.TempDir()
		worktree(t, repo)
		for _, setting := range []string{"log.showRoot=false", "log.showSignature=true", "diff.renames=copies", "diff.relative=true", "diff.ignoreSubmodules=all", "color.ui=always", "log.diffMerges=off", "core.abbrev=5", "diff.orderFile=sub/b"} {
			name, value, _ := strings.Cut(setting, "=")
			git(t, nil, "-C", repo, "config", name, value)
		}
		git(t, nil, "-C", repo, "mv", "a", "sub/moved")
		git(t, nil, "-C", repo, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",module")
		git(t, nil, "-C", repo, "commit", "--quiet", "-m", "move")
		out, err := imported(t, "-dir", t.TempDir(), filepath.Join(repo, "sub"))
		require.NoError(t, err)
		require.Contains(t, out, "2 commits, 7 events in")
		require.Contains(t, out, "differences: 0\n")
	})
	t.Run("another folder is an error", func(t *testing.T) {
		_, err := imported(t, "-dir", t.TempDir(), t.TempDir())
		require.ErrorContains(t, err, "not a git repository")
	})
	t.Run("a missing one is an error", func(t *testing.T) {
		_, err := imported(t, "-dir", t.TempDir(), filepath.Join(t.TempDir(), "missing"))
		require.ErrorContains(t, err, "open repository")
	})
}

// worktree makes a repository with a commit of two files.
func worktree(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "b"), []byte("b"), 0o600))
	git(t, nil, "init", "--quiet", dir)
	git(t, nil, "-C", dir, "add", ".")
	git(t, nil, "-C", dir, "commit", "--quiet", "-m", "first")
}
