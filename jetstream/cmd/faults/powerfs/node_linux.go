package powerfs

import (
	"context"
	"maps"
	"os"
	"slices"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is an inode as FUSE knows it. A loss of power makes all but the root stale.
type node struct {
	fs.Inode
	vol    *volume
	inode  *inode
	losses uint64 // of the volume, when the node was made
}

// The methods that FUSE finds by their names.
var _ interface {
	fs.NodeAccesser
	fs.NodeCreater
	fs.NodeFlusher
	fs.NodeFsyncer
	fs.NodeGetattrer
	fs.NodeLookuper
	fs.NodeMkdirer
	fs.NodeOpener
	fs.NodeReaddirer
	fs.NodeReader
	fs.NodeReleaser
	fs.NodeRenamer
	fs.NodeRmdirer
	fs.NodeSetattrer
	fs.NodeStatfser
	fs.NodeUnlinker
	fs.NodeWriter
} = (*node)(nil)

// lock locks the volume, unless it has no power or the node is stale. It is for
//
//	if errno := n.lock(); errno != 0 {
//		return errno
//	}
//	defer n.vol.mu.Unlock()
func (n *node) lock() syscall.Errno {
	n.vol.mu.Lock()
	var errno syscall.Errno
	switch {
	case n.vol.supply.off:
		errno = syscall.EIO
	case n.inode != n.vol.root && (n.losses != n.vol.losses || n.inode.uses == 0):
		errno = syscall.ESTALE
	}
	if errno != 0 {
		n.vol.mu.Unlock()
	}
	return errno
}

// child makes the node of an entry, and fills in what the system asks of it.
func (n *node) child(ctx context.Context, i *inode, out *fuse.EntryOut) *fs.Inode {
	i.attr(&out.Attr)
	stable := fs.StableAttr{Mode: i.mode & syscall.S_IFMT, Ino: i.number, Gen: n.vol.losses}
	return n.NewInode(ctx, &node{vol: n.vol, inode: i, losses: n.vol.losses}, stable)
}

func (i *inode) attr(out *fuse.Attr) {
	out.Ino, out.Mode, out.Nlink = i.number, i.mode, 1
	out.SetTimes(&i.modified, &i.modified, &i.modified)
	if i.content != nil {
		out.Size = uint64(i.content.size)
	}
}

// Lookup finds an entry of a directory.
func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, errno
	}
	defer n.vol.mu.Unlock()
	i := n.inode.current[name]
	if i == nil {
		return nil, syscall.ENOENT
	}
	return n.child(ctx, i, out), 0
}

// Readdir lists a directory.
func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, errno
	}
	defer n.vol.mu.Unlock()
	var entries []fuse.DirEntry
	for _, name := range slices.Sorted(maps.Keys(n.inode.current)) {
		i := n.inode.current[name]
		entries = append(entries, fuse.DirEntry{Name: name, Mode: i.mode, Ino: i.number})
	}
	return fs.NewListDirStream(entries), 0
}

// Mkdir makes a directory.
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, errno
	}
	defer n.vol.mu.Unlock()
	if n.inode.current[name] != nil {
		return nil, syscall.EEXIST
	}
	i := n.vol.newDir(syscall.S_IFDIR | mode&0o7777)
	n.vol.apply(edit{n.inode, name, i})
	return n.child(ctx, i, out), 0
}

// Create makes a file and opens it.
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.lock(); errno != 0 {
		return nil, nil, 0, errno
	}
	defer n.vol.mu.Unlock()
	if n.inode.current[name] != nil {
		return nil, nil, 0, syscall.EEXIST
	}
	i, err := n.vol.newFile(syscall.S_IFREG | mode&0o7777)
	if err != nil {
		return nil, nil, 0, errnoOf(err)
	}
	n.vol.apply(edit{n.inode, name, i})
	return n.child(ctx, i, out), i.open(flags), openFlags, 0
}

// Unlink removes a file.
func (n *node) Unlink(_ context.Context, name string) syscall.Errno { return n.remove(name, false) }

// Rmdir removes a directory.
func (n *node) Rmdir(_ context.Context, name string) syscall.Errno { return n.remove(name, true) }

func (n *node) remove(name string, isDir bool) syscall.Errno {
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	return n.vol.remove(n.inode, name, isDir)
}

// Rename moves an entry.
func (n *node) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL
	}
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	target := to.(*node)
	if target.inode != n.vol.root && target.losses != n.vol.losses {
		return syscall.ESTALE
	}
	return n.vol.rename(n.inode, name, target.inode, newName)
}

// Getattr returns what is known of a file or directory.
func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	n.inode.attr(&out.Attr)
	return 0
}

// Setattr changes the size, the permissions or the time.
func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if errno := n.lock(); errno != 0 {
		return errno
	}
	defer n.vol.mu.Unlock()
	if size, ok := in.GetSize(); ok {
		if err := n.vol.truncate(n.inode, int64(size)); err != nil {
			return errnoOf(err)
		}
	}
	if mode, ok := in.GetMode(); ok {
		n.inode.mode = n.inode.mode&syscall.S_IFMT | mode&0o7777
	}
	if at, ok := in.GetMTime(); ok {
		n.inode.modified = at
	}
	n.inode.attr(&out.Attr)
	return 0
}

// Statfs returns the space where the backing files are.
func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	var s syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &s); err != nil {
		return errnoOf(err)
	}
	out.FromStatfsT(&s)
	return 0
}

// Access allows everything; the system does not ask again.
func (n *node) Access(context.Context, uint32) syscall.Errno { return syscall.ENOSYS }
