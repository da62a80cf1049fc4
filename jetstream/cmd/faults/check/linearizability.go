package check

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// patience bounds the search of one aggregate.
const patience = time.Minute

// appended is a commit as the model sees it: on a version, to a position.
type appended struct {
	unchecked bool
	expected  uint64
	position  uint64
}

// model is an aggregate as a register that holds its version: a commit on E that
// ended at S is legal if and only if the register holds E, and it holds S then.
var model = porcupine.Model{
	Init: func() any { return uint64(0) },
	Step: func(state, input, _ any) (bool, any) {
		at, in := state.(uint64), input.(appended)
		legal := in.expected == at
		if in.unchecked {
			legal = in.position > at
		}
		return legal, in.position
	},
}

// checkLinearizability lets Porcupine look for an order of the commits to each
// aggregate. A commit of unknown outcome that is in the log may have taken
// effect at any time since it was asked for. Conflicts, and what is not in the
// log, say nothing about the state.
func checkLinearizability(h *history.History, f *Findings) {
	ends := make(map[string]map[string]uint64) // by commit, the last event of each aggregate
	for _, e := range h.Log {
		if ends[e.Op] == nil {
			ends[e.Op] = make(map[string]uint64)
		}
		ends[e.Op][e.Aggregate] = e.Seq
	}
	all := make(map[string][]porcupine.Operation)
	for _, op := range h.Ops {
		for _, p := range op.Parts {
			in := appended{p.Unchecked, p.Expected, p.Position}
			returned := int64(op.Return)
			switch op.Outcome {
			case history.OK:
			case history.Unknown:
				returned = math.MaxInt64
				if in.position = ends[op.ID][p.Aggregate]; in.position == 0 {
					continue
				}
			default:
				continue
			}
			all[p.Aggregate] = append(all[p.Aggregate], porcupine.Operation{Input: in, Call: int64(op.Call), Return: returned})
		}
	}
	for _, aggregate := range slices.Sorted(maps.Keys(all)) {
		ops := all[aggregate]
		switch porcupine.CheckOperationsTimeout(model, ops, patience) {
		case porcupine.Illegal:
			f.add("%s: no order of its %d commits explains their answers", aggregate, len(ops))
		case porcupine.Unknown:
			f.add("%s: not decided within %v whether an order of its %d commits explains their answers", aggregate, patience, len(ops))
		}
	}
}
