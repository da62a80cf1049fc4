package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// syncSlack is how much earlier than it was written a file may seem to be
// changed: file systems keep times in steps, of two seconds at most.
const syncSlack = 5 * time.Second

// syncStream syncs to disk what the server has written of a stream since a time:
// settings, keys and messages, and the directories from them up to the server's.
// A file that is deleted meanwhile is no error.
func syncStream(dir string, m mark, since time.Time) error {
	folder := m.folder(dir)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreMissing(err)
		}
		if entry.IsDir() {
			if path != folder && entry.Name() != msgsDir {
				return filepath.SkipDir // consumers, and batches that are not committed
			}
			return ignoreMissing(syncDir(path))
		}
		if !entry.Type().IsRegular() {
			return nil // a link to batches in memory
		}
		info, err := entry.Info()
		if err != nil || info.ModTime().Before(since.Add(-syncSlack)) {
			return ignoreMissing(err)
		}
		return ignoreMissing(syncFile(path))
	})
	for path := folder; err == nil && len(path) > len(dir); {
		path = filepath.Dir(path)
		err = ignoreMissing(syncDir(path))
	}
	return err
}

// folder is where the server on dir keeps the stream.
func (m mark) folder(dir string) string {
	return filepath.Join(dir, server.JetStreamStoreDir, m.Account, "streams", m.Stream)
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// syncDir syncs what files a directory has. Windows cannot, and need not.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
