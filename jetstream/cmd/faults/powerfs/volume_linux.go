package powerfs

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"
)

// inode is a file or a directory.
type inode struct {
	number   uint64
	mode     uint32 // type and permissions
	modified time.Time
	touched  uint64   // the last operation of the journal before its last change
	uses     int      // entries of directories, edits of the journal and open handles
	content  *content // of a file

	// The entries of a directory: as they are, and as they would be if nothing
	// more of the journal survived.
	current, durable map[string]*inode
}

func (i *inode) isDir() bool { return i.mode&syscall.S_IFMT == syscall.S_IFDIR }

// volume is the tree of files and directories, and its journal.
type volume struct {
	mu      sync.Mutex // guards the volume and its inodes
	root    *inode
	inodes  map[uint64]*inode // all that are in use, by their numbers
	last    uint64            // number that was given to an inode
	losses  uint64            // of power
	journal journal
	chance  *chance
	supply  supply
}

// newVolume makes an empty volume, which loses all that is not durable until its
// options are set.
func newVolume() *volume {
	v := &volume{inodes: make(map[uint64]*inode), chance: newChance(Options{})}
	v.root = v.newDir(syscall.S_IFDIR | 0o700)
	v.root.uses = 1 // for good
	return v
}

func (v *volume) setOptions(opts Options) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.chance = newChance(opts)
}

// newDir makes a directory that is nowhere yet.
func (v *volume) newDir(mode uint32) *inode {
	return v.add(&inode{mode: mode, current: make(map[string]*inode), durable: make(map[string]*inode)})
}

// newFile makes an empty file that is nowhere yet.
func (v *volume) newFile(mode uint32) (*inode, error) {
	c, err := newContent()
	if err != nil {
		return nil, err
	}
	return v.add(&inode{mode: mode, content: c}), nil
}

func (v *volume) add(i *inode) *inode {
	v.last++
	i.number = v.last
	i.modified = time.Now()
	v.inodes[i.number] = i
	return i
}

// drop gives up one use of an inode, and the inode with its last.
func (v *volume) drop(i *inode) {
	if i.uses--; i.uses == 0 {
		v.discard(i)
	}
}

func (v *volume) discard(i *inode) {
	delete(v.inodes, i.number)
	if i.content != nil {
		_ = i.content.file.Close()
	}
}

// change notes that an inode has changed just now.
func (v *volume) change(i *inode) {
	i.touched = v.journal.last()
	i.modified = time.Now()
}

// write writes to a file.
func (v *volume) write(i *inode, p []byte, off int64) error {
	defer v.supply.use()
	v.change(i)
	return i.content.write(p, off)
}

// truncate sets the size of a file, which is an operation unless it has that size.
func (v *volume) truncate(i *inode, size int64) error {
	if size == i.content.size {
		return nil
	}
	defer v.supply.use()
	v.journal.append()
	v.change(i)
	return i.content.truncate(size, v.journal.last())
}

// sync makes a file or directory durable, and all operations before its last
// change.
func (v *volume) sync(i *inode) {
	defer v.supply.use()
	v.commit(i.touched)
	if i.content != nil {
		i.content.sync()
	}
}

// syncAll makes everything durable.
func (v *volume) syncAll() {
	v.commit(v.journal.last())
	for _, i := range v.inodes {
		if i.content != nil {
			i.content.sync()
		}
	}
}

// lose loses power, and has it again.
func (v *volume) lose() error {
	v.losses++
	v.supply = supply{}
	v.commit(v.journal.durable + uint64(v.chance.operations(len(v.journal.pending))))
	v.journal.pending = nil
	for _, n := range slices.Sorted(maps.Keys(v.inodes)) {
		i := v.inodes[n]
		i.uses, i.touched = 0, 0
		if i.content != nil {
			if err := i.content.lose(v.journal.durable, v.chance); err != nil {
				return err
			}
		}
	}
	v.root.uses = 1
	v.recover(v.root)
	for _, i := range v.inodes {
		if i.uses == 0 {
			v.discard(i)
		}
	}
	return nil
}

// recover makes the directory, and all that is in it, what is durable of it.
func (v *volume) recover(dir *inode) {
	dir.current = maps.Clone(dir.durable)
	for _, child := range dir.durable {
		child.uses += 2
		if child.isDir() {
			v.recover(child)
		}
	}
}

// close closes all backing files.
func (v *volume) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs []error
	for _, i := range v.inodes {
		if i.content != nil {
			errs = append(errs, i.content.file.Close())
		}
	}
	clear(v.inodes)
	return errors.Join(errs...)
}
