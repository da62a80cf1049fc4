package core

// processed is the commands with an id whose events were read, oldest first.
type processed[Pos comparable] []ProcessedCommand[Pos]

// ProcessedCommand is a command that has an id, and the position of the last of
// its events.
type ProcessedCommand[Pos comparable] struct {
	ID          string
	Fingerprint string // empty if it is not known
	Position    Pos
}

// maxProcessed is how many commands a snapshot holds.
const maxProcessed = 1000

// add adds the command that led to an event. The events of one command follow one
// another.
func (h processed[Pos]) add(c command, at Pos) processed[Pos] {
	if c.id == "" {
		return h
	}
	if n := len(h); n > 0 && h[n-1].ID == c.id {
		h[n-1].Position = at
		return h
	}
	return append(h, ProcessedCommand[Pos]{c.id, c.fingerprint, at})
}

// find returns the version that the command led to; zero if it is not known. If the id
// is another command's, the error is a [CommandIDError].
func (h processed[Pos]) find(c command) (Version[Pos], error) {
	if c.id == "" {
		return Version[Pos]{}, nil
	}
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].ID != c.id {
			continue
		}
		if !sameFingerprint(h[i].Fingerprint, c.fingerprint) {
			return Version[Pos]{}, &CommandIDError{ID: c.id}
		}
		return At(h[i].Position), nil
	}
	return Version[Pos]{}, nil
}

// sameFingerprint reports whether two fingerprints may be of one command.
func sameFingerprint(a, b string) bool { return a == "" || b == "" || a == b }

// latest returns the commands that a snapshot holds.
func (h processed[Pos]) latest() []ProcessedCommand[Pos] {
	return h[max(0, len(h)-maxProcessed):]
}
