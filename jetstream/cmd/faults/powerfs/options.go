package powerfs

import "errors"

// ErrNotAvailable is the error of [Mount] where there is no FUSE, or no right to
// mount.
var ErrNotAvailable = errors.New("powerfs is not available")

// Mode says what survives of that which was not synced.
type Mode int

// The modes, from the mildest disk to the hardest, and one that is no disk at all.
const (
	// DropAll loses everything that was not synced.
	DropAll Mode = iota
	// Prefix keeps the first of the unsynced operations, as many as chance will,
	// and the first of the unsynced writes of each file; the next write after
	// them may be torn where a sector ends.
	Prefix
	// Sectors keeps the first of the unsynced operations, and of the unsynced
	// writes to each sector of a file the first ones, each sector for itself. A
	// sector that was never written before reads as zeros where the file goes on
	// after it.
	Sectors
	// KeepAll loses nothing: the control that shows what a test finds on the others.
	KeepAll
)

// String returns the name of the mode.
func (m Mode) String() string {
	return [...]string{"drop all", "prefix", "sectors", "keep all"}[m]
}

// Options say how a file system loses power.
type Options struct {
	// Seed is where chance begins: the same operations lose the same.
	Seed uint64
	// Mode is what survives without a sync; the zero is [DropAll].
	Mode Mode
}
