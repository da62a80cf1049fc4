package fold

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Reader reads events as what they are today, whatever they were recorded as: the
// events of one type, or of all types of a table.
type Reader struct {
	origins map[string]origin       // by the kind that was recorded
	steps   map[reflect.Type]step   // from a payload of old
	newest  map[reflect.Type]newest // the types that are written today
}

// newest is an event of today.
type newest struct {
	kind  string
	kinds map[string]bool // its own and the older ones
}

// Part is an event of today, read from a recorded one.
type Part struct {
	Event any          // a pointer to it
	Type  reflect.Type // the event's
	// Number is 0, or counts from 1 the events that a recorded one became by a Split.
	Number int
}

// ErrUnknownKind is returned for an event of a kind that a Reader does not know.
var ErrUnknownKind = errors.New("kind is not known")

func newReader() *Reader {
	return &Reader{origins: make(map[string]origin), steps: make(map[reflect.Type]step), newest: make(map[reflect.Type]newest)}
}

// Kinds returns the kinds of events that can be read, in order.
func (r *Reader) Kinds() []string { return slices.Sorted(maps.Keys(r.origins)) }

// Knows reports whether events of a kind can be read.
func (r *Reader) Knows(kind string) bool {
	_, ok := r.origins[kind]
	return ok
}

// Payload returns the type that events of a kind were recorded as; nil for a kind
// that is not known.
func (r *Reader) Payload(kind string) reflect.Type { return r.origins[kind].payload }

// Read calls each with every event that an event of a kind is today: mostly one. It
// returns the first error of each.
func (r *Reader) Read(kind string, from Source, each func(Part) error) error {
	o, ok := r.origins[kind]
	if !ok {
		return ErrUnknownKind
	}
	event, err := o.read(from)
	if err != nil {
		return err
	}
	t := o.payload
	for {
		next, old := r.steps[t]
		if !old {
			return each(Part{Event: event, Type: t})
		}
		if next.into == nil {
			return r.readSplit(kind, event, t, each)
		}
		event, t = next.upcast(event)[0], next.into
	}
}

// readSplit reads an event that became several, or none.
func (r *Reader) readSplit(kind string, event any, t reflect.Type, each func(Part) error) error {
	parts, err := r.expand(event, t, nil, 0)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if e, ok := r.newest[p.Type]; ok && !e.kinds[kind] {
			return fmt.Errorf("it became a %v, whose EventHistory does not have %q", p.Type, kind)
		}
		p.Number = i + 1
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// expand adds to parts what has become of an event, in some steps.
func (r *Reader) expand(event any, t reflect.Type, parts []Part, steps int) ([]Part, error) {
	next, old := r.steps[t]
	if !old {
		return append(parts, Part{Event: event, Type: t}), nil
	}
	if steps > len(r.steps) {
		return nil, fmt.Errorf("cycle: a %v becomes a %v again", t, t)
	}
	for _, e := range next.upcast(event) {
		into := next.into
		if into == nil {
			given, _ := e.(Event)
			if text := Nil(given); text != "" {
				return nil, fmt.Errorf("an event that %q became is %s", next.kind, text)
			}
			e, into = part(e)
		}
		var err error
		if parts, err = r.expand(e, into, parts, steps+1); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// Merge returns a reader of the kinds of several. It returns a kind that they read in
// different ways; empty if there is none.
func Merge(readers ...*Reader) (all *Reader, ambiguous string) {
	all = newReader()
	for _, r := range readers {
		for _, kind := range r.Kinds() {
			if o, ok := all.origins[kind]; ok && o.payload != r.origins[kind].payload {
				return all, kind
			}
			all.origins[kind] = r.origins[kind]
		}
		for t, s := range r.steps {
			if other, ok := all.steps[t]; ok && !s.same(other) {
				return all, s.kind
			}
			all.steps[t] = s
		}
		maps.Copy(all.newest, r.newest)
	}
	for t, e := range all.newest {
		if _, old := all.steps[t]; old {
			return all, e.kind
		}
	}
	return all, ""
}
