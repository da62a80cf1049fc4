package history

// Op is a commit that a client asked for.
type Op struct {
	ID     string // in the payload of each of its events
	Client string
	Interval
	Outcome      Outcome
	WasAmbiguous bool   `json:",omitempty"` // the outcome was ambiguous at first
	Error        string `json:",omitempty"` // the first answer, if it was an error
	Parts        []Part
}

// Outcome is the answer to a commit.
type Outcome string

// The outcomes of a commit.
const (
	Acked     Outcome = "acked"
	Conflict  Outcome = "conflict"
	Rejected  Outcome = "rejected"  // not recorded, for a reason other than a conflict
	Ambiguous Outcome = "ambiguous" // recorded or not, now or later
)

// Part is what a commit records for one aggregate.
type Part struct {
	Aggregate string // two tokens of a subject: "<kind>.<id>"
	Unchecked bool   `json:",omitempty"`
	Expected  uint64 // version that the commit was made on, 0 for an aggregate without events
	Events    int
	Position  uint64 `json:",omitempty"` // of the last event, if the commit was acked
}

// Events returns the number of events of the commit.
func (o Op) Events() int {
	n := 0
	for _, p := range o.Parts {
		n += p.Events
	}
	return n
}

// Position returns the position of the last event of an acked commit.
func (o Op) Position() uint64 { return o.Parts[len(o.Parts)-1].Position }
