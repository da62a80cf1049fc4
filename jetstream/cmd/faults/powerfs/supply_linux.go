package powerfs

// supply is the power of a volume. It lasts for ever unless it is to be cut.
type supply struct {
	left int           // steps that it lasts; 0 if it is not to be cut
	kill func()        // called when it is off
	off  bool          // every call fails
	cut  chan struct{} // closed when it is off
}

// use takes the power of one step: a write, a sync or an operation.
func (s *supply) use() {
	if s.left == 0 {
		return
	}
	if s.left--; s.left == 0 {
		s.off = true
		s.kill()
		close(s.cut)
	}
}

// CutAfter cuts the power in the midst of what a program does: after some more
// steps, which are writes, syncs and operations of any program. A write that is
// synced at once, by O_SYNC, takes two. The program's machine has lost its power, too:
// kill ends the program, and is called before it has an answer to its last step. From
// then on every call fails (EIO), until [FS.Lose] gives power again. The channel is
// closed when the power is off. steps is at least 1; a loss of power before takes it
// back.
func (f *FS) CutAfter(steps int, kill func()) <-chan struct{} {
	f.volume.mu.Lock()
	defer f.volume.mu.Unlock()
	f.volume.supply = supply{left: max(1, steps), kill: kill, cut: make(chan struct{})}
	return f.volume.supply.cut
}
