package embedded

import (
	"errors"
	"os"
	"path/filepath"
)

// dirLock keeps other servers out of a directory. It is the operating system's
// lock on an open file, so it ends with the process, however that ends.
type dirLock struct {
	file *os.File
}

// lockDir takes the lock of dir at once or returns ErrInUse.
func lockDir(dir string) (*dirLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "LOCK"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return &dirLock{file: file}, nil
}

// unlock leaves the file: without it, a server that has just opened it and one
// that makes it anew would lock two different files.
func (l *dirLock) unlock() error {
	// Closing alone would not do: a child being forked this instant still
	// holds the open file, and with it the lock, until it execs.
	err := unlockFile(l.file)
	if cerr := l.file.Close(); err == nil {
		err = cerr
	}
	return err
}

// claimDir makes dir and locks it; release undoes what may be undone. An empty
// dir is a temporary one, which release removes.
func claimDir(dir string) (_ string, release func() error, err error) {
	temp := dir == ""
	if temp {
		dir, err = os.MkdirTemp("", "embedded-nats-")
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", nil, &ConfigError{Field: "Dir", Value: dir, Err: err}
	}
	lock, err := lockDir(dir)
	if err != nil {
		if temp {
			_ = os.RemoveAll(dir)
		}
		return "", nil, &ConfigError{Field: "Dir", Value: dir, Err: err}
	}
	return dir, func() error {
		err := lock.unlock()
		if temp {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return err
	}, nil
}
