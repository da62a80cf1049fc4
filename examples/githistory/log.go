package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// commit is a git commit: what it changed since its first parent.
type commit struct {
	hash    string
	parent  string // the first one; empty for a root
	meta    Meta
	changes []change
}

// change is what a git commit did to one path.
type change struct {
	status byte // 'A', 'M', 'T' for another type, or 'D'
	file   File // as it is after the change; for 'D', as it was before
}

// event returns the change as an event.
func (c change) event() core.Event {
	switch c.status {
	case 'A':
		return FileAdded(c.file)
	case 'D':
		return FileDeleted(c.file)
	}
	return FileModified(c.file)
}

// logFormat begins each commit. With it the log is a sequence of names, each
// with a NUL behind it: three for a commit and two for each change,
//
//	"commit HASH PARENT…", "TIME", "AUTHOR", then
//	":MODE MODE BLOB BLOB STATUS", "PATH" for each.
//
// A newline comes before the first change of a commit.
const logFormat = "commit %H %P%x00%aI%x00%an <%ae>"

// maxAuthor is how much of an author's name is kept, in bytes. A name may be
// anything in git, and metadata has little room.
const maxAuthor = 1000

// parseLog yields the commits of a log. A log that ends within one is an
// [io.ErrUnexpectedEOF].
func parseLog(r *bufio.Reader) iter.Seq2[*commit, error] {
	return func(yield func(*commit, error) bool) {
		var c *commit
		for {
			name, err := nextName(r)
			if errors.Is(err, io.EOF) {
				if c != nil {
					yield(c, nil)
				}
				return
			}
			begins := strings.HasPrefix(name, "commit ")
			switch {
			case err != nil:
			case begins && c != nil && !yield(c, nil):
				return
			case begins:
				c, err = parseCommit(name, r)
			case c == nil:
				err = fmt.Errorf("%.100q is before the first commit", name)
			default:
				err = c.parseChange(strings.TrimPrefix(name, "\n"), r)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// parseCommit reads a commit that begins with name.
func parseCommit(name string, r *bufio.Reader) (*commit, error) {
	hashes := strings.Split(strings.TrimSuffix(strings.TrimPrefix(name, "commit "), " "), " ")
	for _, h := range hashes {
		if !isHash(h) {
			return nil, fmt.Errorf("%.100q is no commit", name)
		}
	}
	c := &commit{hash: hashes[0]}
	if len(hashes) > 1 {
		c.parent = hashes[1]
	}
	time, err := within(r)
	if err != nil {
		return nil, err
	}
	author, err := within(r)
	if err != nil {
		return nil, err
	}
	if len(author) > maxAuthor {
		author = author[:maxAuthor]
	}
	// It names a person to people and identifies nothing: a byte that is not
	// UTF-8 need not survive.
	c.meta = Meta{Author: strings.ToValidUTF8(author, "\uFFFD"), Time: strings.ToValidUTF8(time, "\uFFFD"), Hash: c.hash}
	return c, nil
}

// parseChange reads a change of the commit, that begins with name.
func (c *commit) parseChange(name string, r *bufio.Reader) error {
	f := strings.Split(name, " ")
	if len(f) != 5 || len(f[0]) != 7 || f[0][0] != ':' || !isMode(f[0][1:]) || !isMode(f[1]) || !isHash(f[2]) || !isHash(f[3]) || len(f[4]) != 1 {
		return fmt.Errorf("%.200q is no change", name)
	}
	path, err := within(r)
	if err != nil {
		return err
	}
	if path == "" {
		return fmt.Errorf("change %q has no path", name)
	}
	ch := change{status: f[4][0], file: File{Path: []byte(path), Mode: f[1], Blob: f[3]}}
	switch ch.status {
	case 'A', 'M', 'T':
	case 'D':
		ch.file.Mode, ch.file.Blob = f[0][1:], f[2]
	default:
		return fmt.Errorf("change %q of %.200q has an unknown status", name, path)
	}
	c.changes = append(c.changes, ch)
	return nil
}

// nextName returns the next name, or [io.EOF] if there is none.
func nextName(r *bufio.Reader) (string, error) {
	name, err := r.ReadString(0)
	if errors.Is(err, io.EOF) && name != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(name, "\x00"), err
}

// within returns the next name where there has to be one.
func within(r *bufio.Reader) (string, error) {
	name, err := nextName(r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return name, err
}

func isHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

func isMode(s string) bool { return len(s) == 6 && strings.Trim(s, "01234567") == "" }
