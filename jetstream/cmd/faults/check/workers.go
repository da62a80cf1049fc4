package check

import (
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// A reactor writes down what it has parked under a name of its own.
const (
	reactorKind = "_reactor-"
	parkedName  = ".parked"
)

// checkWorkers finds workers that ended, and events that are parked in the log of a
// store.
func checkWorkers(h *history.History, f *Findings) {
	for _, w := range h.Workers {
		for _, err := range w.Ended {
			f.add("%s ended: %s", w.Name, err)
		}
	}
	logs := [][]history.Entry{h.Log}
	if h.Second != nil {
		logs = append(logs, h.Second.Log)
	}
	for _, log := range logs {
		for _, e := range log {
			if strings.HasPrefix(e.Aggregate, reactorKind) && strings.HasSuffix(e.Aggregate, parkedName) {
				f.add("an event was parked at %d, of %s", e.Seq, e.Aggregate)
			}
		}
	}
}
