package check_test

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// validTransactions are a pair that is paid into and out of, and two guests who swap.
func validTransactions() *history.Transactions {
	return &history.Transactions{
		Steps: []history.Step{
			{ID: "s1", Outcome: history.Acked}, {ID: "s2", Outcome: history.Acked}, {ID: "s3", Outcome: history.Rejected},
			{ID: "s4", Outcome: history.Acked}, {ID: "s5", Outcome: history.Ambiguous}, {ID: "s6", Outcome: history.Acked}, {ID: "s7", Outcome: history.Ambiguous},
		},
		Events: []history.TransactionEvent{
			{Seq: 1, Commit: "A", Aggregate: "0/0", Step: "s1", Amount: 3},
			{Seq: 3, Commit: "B", Aggregate: "0/1", Step: "s2", Amount: -3},
			{Seq: 5, Commit: "C", Aggregate: "1", Step: "s4", Name: "ada"},
			{Seq: 6, Commit: "D", Aggregate: "2", Step: "s5", Name: "bob"},
			{Seq: 7, Commit: "E", Aggregate: "1", Step: "s6", Name: "bob"},
			{Seq: 8, Commit: "E", Aggregate: "2", Step: "s6", Name: "ada"},
		},
	}
}

var transactionViolations = []violation{
	{"a pair owes", "transactions", func(h *history.History) { h.Transactions.Events[1].Amount = -4 }},
	{"two guests have one name", "transactions", func(h *history.History) { h.Transactions.Events[3].Name = "ada" }},
	{"a swap is two commits", "transactions", func(h *history.History) { h.Transactions.Events[5].Commit = "F" }},
	{"an acked transaction is not in the log", "transactions", func(h *history.History) { h.Transactions.Steps[6].Outcome = history.Acked }},
	{"a refused transaction is in the log", "transactions", func(h *history.History) { h.Transactions.Steps[3].Outcome = history.Rejected }},
	{"a transaction is there twice", "transactions", func(h *history.History) { h.Transactions.Events[1].Step = "s1" }},
	{"an entry lies", "transactions", func(h *history.History) { h.Transactions.Lies = []string{"stale entry of guest 1"} }},
}
