package embedded

import (
	"errors"
	"os"
	"path/filepath"
)

// dirLock locks a directory against other servers. It is the operating system's
// lock on an open file, so it ends with the process, even if that crashes.
type dirLock struct {
	file *os.File
}

// lockDir locks dir, or returns ErrInUse without waiting.
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

// unlock does not remove the file: a server that had just opened it and another one
// that created it again would lock two different files.
func (l *dirLock) unlock() error {
	// Closing is not enough: a child process that is being forked has the file
	// open, and holds the lock, until it calls exec.
	err := unlockFile(l.file)
	if cerr := l.file.Close(); err == nil {
		err = cerr
	}
	return err
}

// claimDir creates dir, if it does not exist, and locks it. If dir is empty, it
// creates a temporary directory. release unlocks the directory, and removes a
// temporary one.
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
