package reader

import (
	"container/heap"
	"iter"
)

// Merged yields the values of all loops in order of position, each position once.
// An error of any loop is yielded before the values of the others, and ends the loop.
func Merged[T any](loops []iter.Seq2[T, error], position func(T) uint64) iter.Seq2[T, error] {
	if len(loops) == 1 {
		return loops[0]
	}
	return func(yield func(T, error) bool) {
		var all sources[T]
		for _, loop := range loops {
			next, stop := iter.Pull2(loop)
			defer stop()
			h := &source[T]{next: next, position: position}
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

// source is one of the loops, at its next value.
type source[T any] struct {
	next     func() (T, error, bool)
	position func(T) uint64
	value    T
	at       uint64 // the position of value; 0 if there is an error instead
	err      error
}

// advance returns false at the end of the loop.
func (h *source[T]) advance() (ok bool) {
	h.value, h.err, ok = h.next()
	h.at = 0
	if ok && h.err == nil {
		h.at = h.position(h.value)
	}
	return ok
}

// sources is a heap: the one with the first value on top.
type sources[T any] []*source[T]

func (h sources[T]) Len() int           { return len(h) }
func (h sources[T]) Less(i, j int) bool { return h[i].at < h[j].at }
func (h sources[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sources[T]) Push(x any)        { *h = append(*h, x.(*source[T])) }

func (h *sources[T]) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
