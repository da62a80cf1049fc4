package check

import (
	"maps"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// Input is the kind of the reactor's inputs, as a token.
const Input = "item/placed"

// Outputs are the kinds of the events that the reactor records for each input, as
// tokens.
var Outputs = []string{"receipt/written", "tally/counted"}

// checkReactor counts the outputs of each input.
func checkReactor(h *history.History, f *Findings) {
	inputs := make(map[uint64]map[string]int) // by position, the number of outputs of each kind
	for _, e := range history.WholeCommits(h.Log) {
		switch {
		case e.Kind == Input:
			inputs[e.Seq] = make(map[string]int)
		case slices.Contains(Outputs, e.Kind):
			outputs, ok := inputs[e.Input]
			if !ok {
				f.add("the %s at %d is an output of %d, which is no input before it", e.Kind, e.Seq, e.Input)
				continue
			}
			outputs[e.Kind]++
		}
	}
	for _, position := range slices.Sorted(maps.Keys(inputs)) {
		for _, kind := range Outputs {
			if n := inputs[position][kind]; n != 1 {
				f.add("the input at %d has %d outputs %s, want 1", position, n, kind)
			}
		}
	}
}
