// Package archive holds the log of a store in a directory: a file that says of which, and
// compressed parts with a JSON line for each message. A part is whole or not there, and its
// last line has the checksum of those before, so that an archive that was interrupted goes
// on with the next part.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Line is a message in a part.
type Line struct {
	Position uint64              `json:"position"`
	Subject  string              `json:"subject"`
	Time     string              `json:"time"` // RFC 3339 with nanoseconds
	Header   map[string][]string `json:"header,omitempty"`
	Data     []byte              `json:"data,omitempty"`
}

// About says what an archive is of.
type About struct {
	Format  int    `json:"format"`
	StoreID string `json:"store_id"`
	Stream  string `json:"stream"`
	Prefix  string `json:"prefix"`
}

const (
	format    = 1
	aboutFile = "archive.json"
)

// Archive is a directory with the log of one store.
type Archive struct {
	dir   string
	About About
	parts []part
}

// part is a file of an archive.
type part struct {
	from, to uint64
	name     string
}

// Create opens an archive to be written to: a new one in a directory that is empty or not
// there, or one of the same store.
func Create(dir string, about About) (*Archive, error) {
	about.Format = format
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a, err := Open(dir)
	if err == nil {
		if a.About.StoreID != about.StoreID {
			return nil, fmt.Errorf("%s is the archive of store %s, not of %s: name another directory", dir, a.About.StoreID, about.StoreID)
		}
		return a, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return nil, errors.Join(fmt.Errorf("%s is not empty, and no archive: name another directory", dir), err)
	}
	text, err := json.MarshalIndent(about, "", "\t")
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, aboutFile), append(text, '\n')); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Open opens an archive to be read.
func Open(dir string) (*Archive, error) {
	text, err := os.ReadFile(filepath.Join(dir, aboutFile))
	if err != nil {
		return nil, err
	}
	a := &Archive{dir: dir}
	if err := json.Unmarshal(text, &a.About); err != nil || a.About.Format != format {
		return nil, errors.Join(fmt.Errorf("%s is no archive of format %d", dir, format), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		p := part{name: e.Name()}
		if n, err := fmt.Sscanf(e.Name(), "events-%d-%d.jsonl.zst", &p.from, &p.to); n == 2 && err == nil && e.Name() == nameOf(p) {
			a.parts = append(a.parts, p)
		}
	}
	slices.SortFunc(a.parts, func(x, y part) int { return int(int64(x.from) - int64(y.from)) })
	for i := 1; i < len(a.parts); i++ {
		if a.parts[i].from <= a.parts[i-1].to {
			return nil, fmt.Errorf("%s: %s and %s overlap", dir, a.parts[i-1].name, a.parts[i].name)
		}
	}
	return a, nil
}

// Last returns the last position that the archive has; 0 for none.
func (a *Archive) Last() uint64 {
	if len(a.parts) == 0 {
		return 0
	}
	return a.parts[len(a.parts)-1].to
}

// Size returns the bytes of all parts.
func (a *Archive) Size() (n int64) {
	for _, p := range a.parts {
		if info, err := os.Stat(filepath.Join(a.dir, p.name)); err == nil {
			n += info.Size()
		}
	}
	return n
}

func nameOf(p part) string { return fmt.Sprintf("events-%012d-%012d.jsonl.zst", p.from, p.to) }

// writeFile writes a file that is whole or not there, also after a loss of power.
func writeFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails once it has its name
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
