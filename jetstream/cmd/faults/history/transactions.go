package history

// Transactions are what clients of a store of its own decided over several aggregates.
type Transactions struct {
	Steps  []Step
	Events []TransactionEvent // of the log, in order
	Lies   []string           // unique values whose entries and states did not agree in the end
}

// Step is a transaction that a client asked for.
type Step struct {
	ID      string
	Outcome Outcome
}

// TransactionEvent is an event that a transaction recorded: a payment, or a name.
type TransactionEvent struct {
	Seq       uint64
	Commit    string // the id of its commit
	Aggregate string
	Step      string
	Amount    int    `json:",omitempty"` // that was paid
	Name      string `json:",omitempty"` // that only one may have
}
