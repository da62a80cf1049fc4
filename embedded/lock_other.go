//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package embedded

import (
	"errors"
	"os"
)

// lockFile returns an error: this system has no lock that ends with its process.
// Without a lock two servers could damage one directory, and a lock that outlives a
// crash would keep the next server out.
func lockFile(f *os.File) error {
	return &os.PathError{Op: "lock", Path: f.Name(), Err: errors.ErrUnsupported}
}

func unlockFile(*os.File) error { return nil }
