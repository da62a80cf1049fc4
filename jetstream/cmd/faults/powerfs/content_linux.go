package powerfs

import "os"

// content is the bytes of a file.
type content struct {
	file     *os.File // holds what was written, synced or not; it has no name
	size     int64
	unsynced []change // in their order
}

// change is a write or a truncation that was not synced.
type change struct {
	off       int64  // where the write begins, or the size that the truncation leaves
	length    int    // of the write
	replaced  []byte // what was at off, up to the end of the write or of the file
	size      int64  // of the file before
	operation uint64 // of the journal, for a truncation; 0 for a write
	written   []byte // only while power is lost
}

// span is the bytes from one offset to before another.
type span struct{ from, to int64 }

// newContent makes a backing file. It is gone when it is closed, and with this
// process.
func newContent() (*content, error) {
	f, err := os.CreateTemp("", "powerfs-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &content{file: f}, nil
}

// read fills p from off on, as far as the file goes.
func (c *content) read(p []byte, off int64) (int, error) {
	n := max(0, min(int64(len(p)), c.size-off))
	return c.file.ReadAt(p[:n], off)
}

func (c *content) write(p []byte, off int64) error {
	replaced := make([]byte, max(0, min(int64(len(p)), c.size-off)))
	if _, err := c.file.ReadAt(replaced, off); err != nil {
		return err
	}
	c.unsynced = append(c.unsynced, change{off: off, length: len(p), replaced: replaced, size: c.size})
	return c.put(p, off)
}

// put writes without noting what it replaces.
func (c *content) put(p []byte, off int64) error {
	if len(p) == 0 {
		return nil // also where the file does not reach
	}
	if _, err := c.file.WriteAt(p, off); err != nil {
		return err
	}
	c.size = max(c.size, off+int64(len(p)))
	return nil
}

// truncate sets the size, as an operation of the journal.
func (c *content) truncate(size int64, operation uint64) error {
	replaced := make([]byte, max(0, c.size-size))
	if _, err := c.file.ReadAt(replaced, size); err != nil {
		return err
	}
	c.unsynced = append(c.unsynced, change{off: size, replaced: replaced, size: c.size, operation: operation})
	return c.resize(size)
}

func (c *content) resize(size int64) error {
	if err := c.file.Truncate(size); err != nil {
		return err
	}
	c.size = size
	return nil
}

// sync makes all changes durable.
func (c *content) sync() { c.unsynced = nil }

// lose takes the unsynced changes back, but for those that survive: the operations
// up to the last durable one, and what ch keeps of the writes. A write after a
// truncation that did not survive went to blocks that the file does not have.
func (c *content) lose(durable uint64, ch *chance) error {
	changes, err := c.undo()
	if err != nil {
		return err
	}
	for i, done := range changes {
		if done.operation > durable {
			changes = changes[:i]
			break
		}
	}
	for i, kept := range ch.writes(changes) {
		if err := c.redo(changes[i], kept); err != nil {
			return err
		}
	}
	return nil
}

// undo takes the unsynced changes back, the last one first, and returns them in
// their order with what they had written.
func (c *content) undo() ([]change, error) {
	changes := c.unsynced
	for i := len(changes) - 1; i >= 0; i-- {
		done := &changes[i]
		done.written = make([]byte, done.length)
		if _, err := c.file.ReadAt(done.written, done.off); err != nil {
			return nil, err
		}
		if err := c.resize(done.size); err != nil {
			return nil, err
		}
		if err := c.put(done.replaced, done.off); err != nil {
			return nil, err
		}
	}
	c.unsynced = nil
	return changes, nil
}

// redo makes a truncation again, or what is kept of a write.
func (c *content) redo(done change, kept []span) error {
	if done.operation > 0 {
		return c.resize(done.off)
	}
	for _, s := range kept {
		if err := c.put(done.written[s.from-done.off:s.to-done.off], s.from); err != nil {
			return err
		}
	}
	return nil
}
