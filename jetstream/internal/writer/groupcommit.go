package writer

// MaxEvents is how many events one commit can have: the server takes no more
// messages in one batch.
const MaxEvents = 1000

// GroupCommit is documented at its alias in package jetstream.
type GroupCommit int

// The ways of sending commits, documented in package jetstream.
const (
	GroupCommitAuto GroupCommit = iota
	GroupCommitAlways
	GroupCommitNever
)
