package check

import "github.com/jetsource/jetsource/jetstream/cmd/faults/history"

// checkReplicas compares the servers, message by message.
func checkReplicas(h *history.History, f *Findings) {
	if len(h.Replicas) < 2 {
		f.add("there are %d replicas to compare", len(h.Replicas))
		return
	}
	first := h.Replicas[0]
	if len(first.Digest) < len(h.Log) {
		f.add("server %s holds %d messages, the log %d", first.Node, len(first.Digest), len(h.Log))
	}
	for _, r := range h.Replicas[1:] {
		if len(r.Digest) != len(first.Digest) {
			f.add("server %s holds %d messages, %s %d", first.Node, len(first.Digest), r.Node, len(r.Digest))
		}
		for i := range min(len(r.Digest), len(first.Digest)) {
			if r.Digest[i] != first.Digest[i] {
				f.add("servers %s and %s hold different messages at %d", first.Node, r.Node, i+1)
			}
		}
	}
}
