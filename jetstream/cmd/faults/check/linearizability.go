package check

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// searchTime bounds the search for an order of one aggregate's commits.
const searchTime = time.Minute

// appendOp is a commit in terms of the model: made on one version, it ends at
// another.
type appendOp struct {
	unchecked bool
	expected  uint64
	position  uint64
}

// model is an aggregate as a register of its version. A commit on version E that
// ended at position S is legal if and only if the register holds E; then it holds
// S.
var model = porcupine.Model{
	Init: func() any { return uint64(0) },
	Step: func(state, input, _ any) (bool, any) {
		version, in := state.(uint64), input.(appendOp)
		legal := in.expected == version
		if in.unchecked {
			legal = in.position > version
		}
		return legal, in.position
	},
}

// checkLinearizability has Porcupine search for an order of the commits to each
// aggregate.
func checkLinearizability(h *history.History, f *Findings) {
	commits := operations(h)
	for _, aggregate := range slices.Sorted(maps.Keys(commits)) {
		ops := commits[aggregate]
		switch porcupine.CheckOperationsTimeout(model, ops, searchTime) {
		case porcupine.Illegal:
			f.add("%s: no order of its %d commits explains their answers", aggregate, len(ops))
		case porcupine.Unknown:
			f.add("%s: no order of its %d commits that explains their answers was found in %v", aggregate, len(ops), searchTime)
		}
	}
}

// operations returns the commits to each aggregate. An ambiguous commit that is in
// the log may have taken effect at any time after it was asked for. Conflicts,
// and ambiguous commits that are not in the log, say nothing about the version.
func operations(h *history.History) map[string][]porcupine.Operation {
	ends := make(map[string]map[string]uint64) // by op and aggregate, the position of the last event
	for _, e := range history.WholeCommits(h.Log) {
		if ends[e.Op] == nil {
			ends[e.Op] = make(map[string]uint64)
		}
		ends[e.Op][e.Aggregate] = e.Seq
	}
	all := make(map[string][]porcupine.Operation)
	for _, op := range h.Ops {
		for _, p := range op.Parts {
			in := appendOp{p.Unchecked, p.Expected, p.Position}
			returned := int64(op.Return)
			switch op.Outcome {
			case history.Acked:
			case history.Ambiguous:
				if in.position = ends[op.ID][p.Aggregate]; in.position == 0 {
					continue
				}
				returned = math.MaxInt64
			default:
				continue
			}
			all[p.Aggregate] = append(all[p.Aggregate], porcupine.Operation{Input: in, Call: int64(op.Call), Return: returned})
		}
	}
	return all
}
