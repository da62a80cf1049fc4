//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package embedded

import (
	"errors"
	"os"
)

// Without a lock that dies with its process, two servers could ruin one
// directory or a crash could lock its owner out; neither is worth a guess.
func lockFile(f *os.File) error {
	return &os.PathError{Op: "lock", Path: f.Name(), Err: errors.ErrUnsupported}
}

func unlockFile(*os.File) error { return nil }
