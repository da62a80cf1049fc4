package check

import (
	"maps"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// Kinds of events that the reactor is about, as tokens.
const (
	Input = "item/placed"
)

// Outputs are what the reactor makes of each input.
var Outputs = []string{"receipt/written", "tally/counted"}

// checkReactor looks for each output of each input.
func checkReactor(h *history.History, f *Findings) {
	inputs := make(map[uint64]map[string]int)
	for _, e := range h.Log {
		switch {
		case e.Kind == Input:
			inputs[e.Seq] = make(map[string]int)
		case slices.Contains(Outputs, e.Kind):
			made, ok := inputs[e.Input]
			if !ok {
				f.add("the %s at %d is of %d, which is no input before it", e.Kind, e.Seq, e.Input)
				continue
			}
			made[e.Kind]++
		}
	}
	for _, at := range slices.Sorted(maps.Keys(inputs)) {
		for _, kind := range Outputs {
			if n := inputs[at][kind]; n != 1 {
				f.add("the input at %d has %d of %s", at, n, kind)
			}
		}
	}
}
