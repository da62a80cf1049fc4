//go:build !linux

package powerfs

import (
	"fmt"
	"runtime"
)

// FS is a mounted file system; there is none on this system.
type FS struct{}

// Mount returns [ErrNotAvailable].
func Mount(string, Options) (*FS, error) {
	return nil, fmt.Errorf("%w on %s", ErrNotAvailable, runtime.GOOS)
}

// Dir is where the file system is mounted.
func (*FS) Dir() string { return "" }

// Lose returns [ErrNotAvailable].
func (*FS) Lose() error { return ErrNotAvailable }

// CutAfter returns a channel that is never closed.
func (*FS) CutAfter(int, func()) <-chan struct{} { return nil }

// Sync does nothing.
func (*FS) Sync() {}

// Close does nothing.
func (*FS) Close() error { return nil }
