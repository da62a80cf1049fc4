package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	full = flag.Bool("full", false, "generate repositories of 20,000 changes")
	seed = flag.Uint64("seed", 0, "seed of the generated repositories; 0 takes a new one")
	keep = flag.String("keep", "", "make a generated repository in this `directory`, do nothing else")
)

// nasty are paths that break programs that take a path for text, a line, an
// option, a pattern or a subject. None is a directory of another.
var nasty = []string{
	" leading", "trailing ", "a b/c d", "  ", "\u00e9 composed", "e\u0301 decomposed", "日本語/ファイル", "🙂",
	".hidden", "...", "..two", "dot.", "a..b", ".a/.b/.c", `"quoted"`, `"`, "'", `back\slash`, `\`, "new\nline", "\n", "\ncommit", "tab\there", "\t",
	"ends in newline\n", "\r", "\x01\x1f\x7f", "invalid \xff\xfe", "\xc3", "half \xe2\x82", "*", "a/*/b", ">", "a.>", "?", "[a]", "$JS", "$SYS/x",
	"_x", "_import", "=2E", "a=2Fb", "=", "-", "--", "-dash", "--all", ":colon", ":(top)x", ":100644 100644 0 0 M", "commit 0123", "%00", "%s", "~", "@{u}", "HEAD",
	"sha256:short", "sha256:" + strings.Repeat("0", 64), "events.file", "#", "!", "^", "{}", "|", "CON", "null", "true", "0",
	strings.Repeat("m", 255), strings.Repeat("n", 256), strings.Repeat("o", 300), strings.Repeat("\xff", 255),
	strings.Repeat("deep/", 399) + "2000b", strings.Repeat(strings.Repeat("\n", 249)+"/", 8) + "x",
}

// generator writes the input of git fast-import.
type generator struct {
	w     bytes.Buffer
	rand  *rand.Rand
	live  []string // paths that exist, for choosing one
	modes map[string]string
	dead  []string // paths that were deleted
	gone  map[string]bool
	marks int
	files int
	left  int // changes still to be made
}

// generate makes a bare repository with about n changes of files.
func generate(t testing.TB, dir string, n int) {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("%d changes with -seed %d", n, s)
	g := &generator{rand: rand.New(rand.NewPCG(s, 0)), modes: make(map[string]string), left: n}
	g.history()

	git(t, nil, "init", "--quiet", "--bare", dir)
	git(t, nil, "-C", dir, "symbolic-ref", "HEAD", "refs/heads/main")
	git(t, &g.w, "-C", dir, "fast-import", "--quiet", "--done")
}

func (g *generator) history() {
	g.commit("main", nil, func() {
		for _, p := range nasty {
			g.put(p, g.mode())
		}
	})
	g.commit("main", nil, func() {}) // an empty one
	g.replaced()
	for step := 0; g.left > 2500+50; step++ {
		switch {
		case step%10 == 3:
			g.merge(1)
		case step%25 == 7:
			g.merge(3)
		case step%20 == 9:
			g.commit("main", nil, func() {})
		default:
			g.commit("main", nil, func() { g.changes(1 + int(g.rand.ExpFloat64()*25)) })
		}
	}
	g.commit("main", nil, func() {
		for range 2500 {
			g.add()
		}
	})
	for g.left > 0 {
		g.commit("main", nil, func() { g.changes(min(10, g.left)) })
	}
	g.w.WriteString("done\n")
}

// replaced makes a file of a directory, and a directory of that file.
func (g *generator) replaced() {
	g.commit("main", nil, func() { g.put("replaced/a", "100644"); g.put("replaced/b/c", "100644") })
	g.commit("main", nil, func() { g.remove("replaced/a"); g.remove("replaced/b/c"); g.put("replaced", "100644") })
	g.commit("main", nil, func() { g.remove("replaced"); g.put("replaced/a", "120000") })
	g.commit("main", nil, func() { g.put("replaced/a", "160000") })
}

// merge makes commits on side branches, one on main, and merges them.
func (g *generator) merge(sides int) {
	base, adds := g.marks, 3+g.rand.IntN(20)
	var marks []int
	for side := range sides {
		fmt.Fprintf(&g.w, "reset refs/heads/side%d\nfrom :%d\n\n", side, base)
		g.commit(fmt.Sprintf("side%d", side), nil, func() {
			fmt.Fprintf(&g.w, "M 100644 inline side%d\ndata 1\nx\n", base)
		})
		marks = append(marks, g.marks)
	}
	g.commit("main", nil, func() { g.changes(2) })
	g.commit("main", marks, func() { g.changes(adds) })
}

func (g *generator) commit(branch string, merged []int, change func()) {
	g.marks++
	authors := []string{"Ada <ada@example.com>", "Ünï Cødé <u@example.com>", "\xff\xfe <latin@example.com>", " <>", "\"Q\\uote\" <q@example.com>"}
	fmt.Fprintf(&g.w, "commit refs/heads/%s\nmark :%d\nauthor %s %d +0230\ncommitter C <c@example.com> %d +0000\ndata 7\nmessage\n",
		branch, g.marks, authors[g.rand.IntN(len(authors))], 1_700_000_000-g.marks, 1_700_000_000+g.rand.IntN(1000))
	for _, m := range merged {
		fmt.Fprintf(&g.w, "merge :%d\n", m)
	}
	g.gone = make(map[string]bool)
	change()
	g.w.WriteByte('\n')
}

// changes makes n random changes.
func (g *generator) changes(n int) {
	for range n {
		p := g.live[g.rand.IntN(len(g.live))]
		switch roll := g.rand.IntN(100); {
		case roll < 45:
			g.add()
		case roll < 50 && len(g.dead) > 0:
			g.revive()
		case roll < 75:
			g.put(p, g.modes[p])
		case roll < 85:
			g.put(p, g.mode())
		case len(g.live) > len(nasty)/2:
			g.remove(p)
		}
	}
}

func (g *generator) add() {
	g.files++
	g.put(fmt.Sprintf("dir %d/sub.%d/file=%d", g.rand.IntN(10), g.rand.IntN(10), g.files), g.mode())
}

// revive adds a path again that was deleted.
func (g *generator) revive() {
	i := g.rand.IntN(len(g.dead))
	if p := g.dead[i]; !g.gone[p] {
		g.dead = append(g.dead[:i], g.dead[i+1:]...)
		g.put(p, g.mode())
	}
}

func (g *generator) mode() string {
	modes := []string{"100644", "100644", "100644", "100644", "100755", "120000", "160000"}
	return modes[g.rand.IntN(len(modes))]
}

func (g *generator) put(path, mode string) {
	g.left--
	if g.modes[path] == "" {
		g.live = append(g.live, path)
	}
	g.modes[path] = mode
	if mode == "160000" {
		fmt.Fprintf(&g.w, "M %s %040x %s\n", mode, g.rand.Uint64(), quote(path))
		return
	}
	content := fmt.Sprint(g.rand.IntN(1_000_000))
	fmt.Fprintf(&g.w, "M %s inline %s\ndata %d\n%s\n", mode, quote(path), len(content), content)
}

func (g *generator) remove(path string) {
	g.left--
	g.gone[path] = true
	for i, p := range g.live {
		if p == path {
			g.live = append(g.live[:i], g.live[i+1:]...)
			break
		}
	}
	delete(g.modes, path)
	if !strings.HasPrefix(path, "replaced") {
		g.dead = append(g.dead, path)
	}
	fmt.Fprintf(&g.w, "D %s\n", quote(path))
}

// quote writes a path as fast-import reads it.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(path) {
		fmt.Fprintf(&b, "\\%03o", c)
	}
	b.WriteByte('"')
	return b.String()
}

// git runs git and returns what it prints.
func git(t testing.TB, stdin *bytes.Buffer, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com")
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoErrorf(t, err, "git %v: %s", args, stderr.String())
	return strings.TrimSuffix(string(out), "\n")
}

// rawChanges counts what the first-parent history changes, in another way than
// the program does.
func rawChanges(t testing.TB, dir string) int {
	t.Helper()
	var pairs bytes.Buffer
	commits := bufio.NewScanner(strings.NewReader(git(t, nil, "-C", dir, "log", "--first-parent", "--format=%H %P")))
	for commits.Scan() {
		hashes := strings.Fields(commits.Text())
		fmt.Fprintln(&pairs, strings.Join(hashes[:min(2, len(hashes))], " "))
	}
	names := git(t, &pairs, "-C", dir, "diff-tree", "--stdin", "-r", "-z", "--root", "--no-commit-id", "--name-only", "--no-renames")
	return strings.Count(names, "\x00")
}
