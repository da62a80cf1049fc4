package powerfs

import (
	"context"
	"errors"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// openFlags keep the system from caching what this package may lose.
const openFlags = fuse.FOPEN_DIRECT_IO

// handle is an open file.
type handle struct {
	sync bool // after every write
}

// Open opens a file.
func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, 0, errno
	}
	defer n.vol.mu.Unlock()
	return n.inode.open(flags), openFlags, 0
}

func (i *inode) open(flags uint32) *handle {
	i.uses++
	return &handle{sync: flags&syscall.O_DSYNC != 0} // O_SYNC has its bit
}

// Release closes a file.
func (n *node) Release(context.Context, fs.FileHandle) syscall.Errno {
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	n.vol.drop(n.inode)
	return 0
}

// Read reads from a file.
func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, errno
	}
	defer n.vol.mu.Unlock()
	got, err := n.inode.content.read(dest, off)
	if err != nil {
		return nil, errnoOf(err)
	}
	return fuse.ReadResultData(dest[:got]), 0
}

// Write writes to a file.
func (n *node) Write(_ context.Context, h fs.FileHandle, p []byte, off int64) (uint32, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return 0, errno
	}
	defer n.vol.mu.Unlock()
	if err := n.vol.write(n.inode, p, off); err != nil {
		return 0, errnoOf(err)
	}
	if h.(*handle).sync {
		if n.vol.supply.off {
			return 0, syscall.EIO
		}
		n.vol.sync(n.inode)
	}
	return uint32(len(p)), 0
}

// Fsync makes a file or directory durable.
func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	n.vol.sync(n.inode)
	return 0
}

// Flush does nothing when a file is closed; the system does not ask again.
func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno { return syscall.ENOSYS }

// errnoOf is what a program is told of an error of a backing file.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}
