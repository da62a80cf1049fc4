package core

// processed is the commands with an id whose events were read, oldest first.
type processed[Pos comparable] []ProcessedCommand[Pos]

// ProcessedCommand is a command that has an id, and the position of the last of
// its events.
type ProcessedCommand[Pos comparable] struct {
	ID       string
	Position Pos
}

// maxProcessed is how many commands a snapshot holds.
const maxProcessed = 1000

// add adds the command that led to an event. The events of one command follow one
// another.
func (h processed[Pos]) add(id string, at Pos) processed[Pos] {
	if id == "" {
		return h
	}
	if n := len(h); n > 0 && h[n-1].ID == id {
		h[n-1].Position = at
		return h
	}
	return append(h, ProcessedCommand[Pos]{id, at})
}

// find returns the version that the command led to; zero if it is not known.
func (h processed[Pos]) find(id string) Version[Pos] {
	if id == "" {
		return Version[Pos]{}
	}
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].ID == id {
			return At(h[i].Position)
		}
	}
	return Version[Pos]{}
}

// latest returns the commands that a snapshot holds.
func (h processed[Pos]) latest() []ProcessedCommand[Pos] {
	return h[max(0, len(h)-maxProcessed):]
}
