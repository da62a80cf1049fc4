package jetstream

import (
	"container/heap"
	"iter"
)

// merged yields the values of all sources in order of position, each position once.
// An error of any source is yielded before the values of the others, and ends the
// loop.
func merged[T any](sources []iter.Seq2[T, error], position func(T) uint64) iter.Seq2[T, error] {
	if len(sources) == 1 {
		return sources[0]
	}
	return func(yield func(T, error) bool) {
		var all heads[T]
		for _, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			h := &head[T]{next: next, position: position}
			if h.advance() {
				all = append(all, h)
			}
		}
		heap.Init(&all)
		for last := uint64(0); len(all) > 0; {
			first := all[0]
			if first.err != nil {
				yield(first.value, first.err)
				return
			}
			if first.at > last {
				last = first.at
				if !yield(first.value, nil) {
					return
				}
			}
			if first.advance() {
				heap.Fix(&all, 0)
			} else {
				heap.Pop(&all)
			}
		}
	}
}

// head is the next value of a source.
type head[T any] struct {
	next     func() (T, error, bool)
	position func(T) uint64
	value    T
	at       uint64 // the position of value; 0 if there is an error instead
	err      error
}

// advance returns false at the end of the source.
func (h *head[T]) advance() (ok bool) {
	h.value, h.err, ok = h.next()
	h.at = 0
	if ok && h.err == nil {
		h.at = h.position(h.value)
	}
	return ok
}

// heads is a heap of sources, the one with the first value on top.
type heads[T any] []*head[T]

func (h heads[T]) Len() int           { return len(h) }
func (h heads[T]) Less(i, j int) bool { return h[i].at < h[j].at }
func (h heads[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads[T]) Push(x any)        { *h = append(*h, x.(*head[T])) }

func (h *heads[T]) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
