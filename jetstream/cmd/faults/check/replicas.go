package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkReplicas compares the servers, message by message.
func checkReplicas(h *history.History, f *Findings) {
	if len(h.Replicas) < 2 {
		f.add("there are %d replicas to compare, want at least 2", len(h.Replicas))
		return
	}
	first := h.Replicas[0]
	if len(first.Digests) < len(h.Log) {
		f.add("server %s holds %d messages, the log has %d", first.Node, len(first.Digests), len(h.Log))
	}
	for _, r := range h.Replicas[1:] {
		if len(r.Digests) != len(first.Digests) {
			f.add("server %s holds %d messages, %s holds %d", first.Node, len(first.Digests), r.Node, len(r.Digests))
		}
		for i := range min(len(r.Digests), len(first.Digests)) {
			if r.Digests[i] != first.Digests[i] {
				f.add("servers %s and %s hold different messages at %d", first.Node, r.Node, i+1)
			}
		}
	}
}
