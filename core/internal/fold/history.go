package fold

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// NewReader returns the reader of the events of a type, with its history. It panics
// for a history that does not lead to the type.
func NewReader[E Event](d Definition) *Reader {
	t, kind := reflect.TypeFor[E](), KindOf[E](d)
	h := history{
		Reader: newReader(), event: t, renames: make(map[string]string),
		seen: map[reflect.Type]bool{t: true},
	}
	h.origins[kind] = origin{t, readAs[E]}
	past, err := pastOfEvent[E](t)
	if err == nil {
		err = h.add(past)
	}
	if err == nil {
		err = h.resolveRenames()
	}
	if err == nil {
		err = h.check()
	}
	if err != nil {
		panic(fmt.Sprintf("core: history of event %q (%v): %v", kind, t, err))
	}
	kinds := make(map[string]bool)
	for kind := range h.origins {
		kinds[kind] = true
	}
	h.newest[t] = newest{kind, kinds}
	return h.Reader
}

// pastOfEvent returns what an event tells of its past. A method that is not what it
// should be is an error: it would never be called.
func pastOfEvent[E Event](t reflect.Type) ([]Past, error) {
	var zero E
	if h, ok := any(zero).(historic); ok {
		return h.EventHistory(), nil
	}
	if _, has := reflect.PointerTo(t).MethodByName("EventHistory"); has {
		return nil, fmt.Errorf("write it as func (%s) EventHistory() core.History", t.Name())
	}
	return nil, nil
}

// history is a reader while the steps of a history are added to it.
type history struct {
	*Reader
	event   reflect.Type
	renames map[string]string
	seen    map[reflect.Type]bool // whose own history was added
}

func (h *history) add(past []Past) error {
	for i, p := range past {
		if p.to == "" && p.origin.payload == nil {
			return fmt.Errorf("step %d is empty: what Was, Renamed and Split return belongs into the method, not into a package variable", i+1)
		}
		if err := CheckKind(p.kind); err != nil {
			return fmt.Errorf("step %d: event kind %.64q: %w", i+1, p.kind, err)
		}
		if err := h.addStep(p); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if p.older == nil || h.seen[p.origin.payload] {
			continue
		}
		h.seen[p.origin.payload] = true
		if err := h.add(p.older()); err != nil {
			return fmt.Errorf("step %d: history of %v: %w", i+1, p.origin.payload, err)
		}
	}
	return nil
}

func (h *history) addStep(p Past) error {
	twoWays := fmt.Errorf("two ways from kind %q", p.kind)
	o, known := h.origins[p.kind]
	to, renamed := h.renames[p.kind]
	if p.to != "" {
		if known || renamed && to != p.to {
			return twoWays
		}
		h.renames[p.kind] = p.to
		return nil
	}
	if renamed || known && o.payload != p.origin.payload {
		return twoWays
	}
	if s, ok := h.steps[p.origin.payload]; ok && !s.same(p.step) {
		if s.kind == p.kind {
			return twoWays
		}
		return fmt.Errorf("two ways from a %v, of kind %q and of kind %q", p.origin.payload, s.kind, p.kind)
	}
	h.origins[p.kind], h.steps[p.origin.payload] = p.origin, p.step
	return nil
}

// resolveRenames finds the payload of each kind that was renamed.
func (h *history) resolveRenames() error {
	for kind := range h.renames {
		to := h.renames[kind]
		for passed := 0; ; passed++ {
			if o, ok := h.origins[to]; ok {
				h.origins[kind] = o
				break
			}
			next, ok := h.renames[to]
			if !ok {
				return fmt.Errorf("gap: kind %q is renamed to %q, of which no step tells", kind, to)
			}
			if passed > len(h.renames) {
				return fmt.Errorf("cycle: kind %q is renamed to itself, by way of %q", kind, to)
			}
			to = next
		}
	}
	return nil
}

// check follows each kind up to the event of today.
func (h *history) check() error {
	if s, ok := h.steps[h.event]; ok {
		return fmt.Errorf("cycle: kind %q is a %v, the type of today: give what was recorded a type of its own", s.kind, h.event)
	}
	for _, kind := range h.Kinds() {
		t, passed := h.origins[kind].payload, make(map[reflect.Type]bool)
		for {
			next, old := h.steps[t]
			if !old && t != h.event {
				return fmt.Errorf("gap: kind %q becomes a %v, of which no step makes a %v", kind, t, h.event)
			}
			if !old || next.into == nil {
				break
			}
			if passed[t] {
				return fmt.Errorf("cycle: kind %q becomes a %v again and again", kind, t)
			}
			passed[t] = true
			t = next.into
		}
	}
	return nil
}

// readers has the [Reader] of each type that [ReaderOf] was called for.
var readers sync.Map

// ReaderOf is [NewReader] that returns an error, and keeps what it returned.
func ReaderOf[E Event]() (r *Reader, err error) {
	t := reflect.TypeFor[E]()
	if kept, ok := readers.Load(t); ok {
		return kept.(*Reader), nil
	}
	defer func() {
		if mistake := recover(); mistake != nil {
			err = errors.New(fmt.Sprint(mistake))
		}
	}()
	r = NewReader[E](Decoding)
	readers.Store(t, r)
	return r, nil
}
