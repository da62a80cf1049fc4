package jetstream

import "iter"

// merged yields the events of all sources in order of position, each once.
func merged[ID comparable, M any](sources []iter.Seq2[stored[ID, M], error]) iter.Seq2[stored[ID, M], error] {
	if len(sources) == 1 {
		return sources[0]
	}
	return func(yield func(stored[ID, M], error) bool) {
		heads := make([]head[ID, M], len(sources))
		for i, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			heads[i].next = next
			heads[i].advance()
		}
		last := uint64(0)
		for {
			first := firstOf(heads)
			if first == nil {
				return
			}
			if first.err != nil {
				yield(first.event, first.err)
				return
			}
			if first.event.Position > last {
				last = first.event.Position
				if !yield(first.event, nil) {
					return
				}
			}
			first.advance()
		}
	}
}

// firstOf returns the head with an error, or else the one with the first event;
// nil if all sources are at their end.
func firstOf[ID comparable, M any](heads []head[ID, M]) *head[ID, M] {
	var first *head[ID, M]
	for i := range heads {
		h := &heads[i]
		if h.ok && h.err != nil {
			return h
		}
		if h.ok && (first == nil || h.event.Position < first.event.Position) {
			first = h
		}
	}
	return first
}

// head is the next event of a source.
type head[ID comparable, M any] struct {
	next  func() (stored[ID, M], error, bool)
	event stored[ID, M]
	err   error
	ok    bool // false at the end of the source
}

func (h *head[ID, M]) advance() { h.event, h.err, h.ok = h.next() }
