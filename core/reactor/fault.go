package reactor

// Fault is an event, or a timer, whose reaction has failed and is tried again. What is known of the
// error is what is known of that of a [ParkedEvent].
type Fault[Pos comparable] struct {
	Position  Pos    `json:"position"` // of the event; zero for a timer
	Kind      string `json:"kind"`
	Key       string `json:"key"` // of its aggregate, as text
	Attempts  int    `json:"attempts"`
	ErrorType string `json:"error_type"`
	Reason    string `json:"reason,omitempty"`
}

func newFault[ID, Pos comparable, M any](it *item[ID, Pos, M], attempts int, err error) *Fault[Pos] {
	f := &Fault[Pos]{Position: it.stored.Position, Kind: it.stored.Kind, Key: it.stored.Key.String(), Attempts: attempts}
	f.ErrorType, f.Reason = reasonOf(err)
	return f
}

func (f *Fault[Pos]) same(other *Fault[Pos]) bool {
	return f == other || f != nil && other != nil && *f == *other
}
