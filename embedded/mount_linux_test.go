package embedded_test

import (
	"fmt"
	"syscall"
)

// mount makes a directory a file system in memory, of so many bytes.
func mount(dir string, size int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
