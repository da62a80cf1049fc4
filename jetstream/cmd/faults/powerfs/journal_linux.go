package powerfs

import "syscall"

// edit sets or removes an entry of a directory.
type edit struct {
	dir   *inode
	name  string
	child *inode // nil removes the entry
}

// journal is the operations in their order. They have numbers, from 1.
type journal struct {
	durable uint64   // the last operation that would survive
	pending [][]edit // the operations after it; a truncation has no edits
}

// last is the number of the last operation.
func (j *journal) last() uint64 { return j.durable + uint64(len(j.pending)) }

// append takes an operation, which keeps what its edits set in use until it is
// durable.
func (j *journal) append(edits ...edit) {
	for _, e := range edits {
		if e.child != nil {
			e.child.uses++
		}
	}
	j.pending = append(j.pending, edits)
}

// apply makes an operation of some edits.
func (v *volume) apply(edits ...edit) {
	defer v.supply.use()
	v.journal.append(edits...)
	for _, e := range edits {
		v.change(e.dir)
		if before := e.dir.current[e.name]; before != nil {
			v.change(before)
		}
		if e.child != nil {
			v.change(e.child)
		}
		v.set(e.dir.current, e.name, e.child)
	}
}

// commit makes the operations up to one durable.
func (v *volume) commit(upTo uint64) {
	for v.journal.durable < upTo {
		for _, e := range v.journal.pending[0] {
			v.set(e.dir.durable, e.name, e.child)
			if e.child != nil {
				v.drop(e.child)
			}
		}
		v.journal.pending = v.journal.pending[1:]
		v.journal.durable++
	}
}

// set sets or removes an entry.
func (v *volume) set(entries map[string]*inode, name string, child *inode) {
	if child != nil {
		child.uses++
	}
	if before := entries[name]; before != nil {
		v.drop(before)
	}
	if child != nil {
		entries[name] = child
	} else {
		delete(entries, name)
	}
}

// remove removes an entry: a file, or a directory that is empty.
func (v *volume) remove(dir *inode, name string, isDir bool) syscall.Errno {
	if errno := removable(dir.current[name], isDir); errno != 0 {
		return errno
	}
	v.apply(edit{dir, name, nil})
	return 0
}

// rename moves an entry, over another one of its kind if there is one.
func (v *volume) rename(from *inode, name string, to *inode, newName string) syscall.Errno {
	child, over := from.current[name], to.current[newName]
	switch {
	case child == nil:
		return syscall.ENOENT
	case child == over:
		return 0
	case over != nil:
		if errno := removable(over, child.isDir()); errno != 0 {
			return errno
		}
	}
	v.apply(edit{to, newName, child}, edit{from, name, nil})
	return 0
}

// removable tells why an inode cannot be removed as a directory, or as a file.
func removable(i *inode, isDir bool) syscall.Errno {
	switch {
	case i == nil:
		return syscall.ENOENT
	case isDir && !i.isDir():
		return syscall.ENOTDIR
	case !isDir && i.isDir():
		return syscall.EISDIR
	case isDir && len(i.current) > 0:
		return syscall.ENOTEMPTY
	}
	return 0
}
