package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// batches is the folder in which the server puts batches of the stream together.
func (f streamFolder) batches() string { return filepath.Join(f.path, "batches") }

// linkNew links the streams of accounts that have changed.
func (s *staging) linkNew() {
	accounts, err := readDir(s.root)
	if err != nil {
		return // it is closing, or has no account yet
	}
	for _, a := range accounts {
		folder := filepath.Join(s.root, a.Name(), "streams")
		info, err := os.Stat(folder)
		if err != nil || info.ModTime().Equal(s.linked[folder]) {
			continue
		}
		if s.linkAll(a.Name(), folder) {
			s.linked[folder] = info.ModTime()
		}
	}
}

// linkAll links the streams in a folder. It returns false if one of them is to be tried
// again.
func (s *staging) linkAll(account, folder string) bool {
	streams, err := readDir(folder)
	if err != nil {
		return false
	}
	all := true
	for _, d := range streams {
		f := streamFolder{account: account, stream: d.Name(), path: filepath.Join(folder, d.Name())}
		if d.IsDir() && !strings.HasPrefix(f.stream, ".") && s.link(f) != nil {
			all = false
		}
	}
	return all
}

// link makes the folder of a stream's batches a link. It fails while there are batches
// in it, and for a stream that is being created.
func (s *staging) link(f streamFolder) error {
	if _, err := os.Stat(filepath.Join(f.path, server.JetStreamMetaFileSum)); err != nil {
		return err
	}
	target := filepath.Join(s.dir, fmt.Sprintf("%s-%s", f.account, f.stream))
	if err := os.Mkdir(target, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if now, err := os.Readlink(f.batches()); err == nil && now == target {
		return nil
	}
	if err := os.Remove(f.batches()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(target, f.batches())
}

// unlink removes all links. A batch that is not committed yet is refused then, and sent
// again.
func (s *staging) unlink() error {
	clear(s.linked)
	streams, err := findStreams(filepath.Dir(s.root))
	if err != nil {
		return err
	}
	for _, f := range streams {
		if target, err := os.Readlink(f.batches()); err == nil && filepath.Dir(target) == s.dir {
			err := os.Remove(f.batches())
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
