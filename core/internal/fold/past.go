package fold

import "reflect"

// Past is one step of the history of an event: core.Was, core.Renamed and core.Split
// make one.
type Past struct {
	kind   string        // as it was recorded
	to     string        // of a rename: the kind with the same payload
	origin origin        // the payload; zero for a rename
	step   step          // what becomes of it
	older  func() []Past // the history of the payload's own type; nil if it has none
}

// Payload returns the type as which events of the kind were recorded; nil for a rename.
func (p Past) Payload() reflect.Type { return p.origin.payload }

// origin is how the events of a kind were recorded.
type origin struct {
	payload reflect.Type
	read    func(Source) (any, error) // into a pointer to a new payload
}

// step is what becomes of a payload.
type step struct {
	kind   string       // for messages
	into   reflect.Type // nil for several events
	upcast func(old any) []any
	id     uintptr // of the function, to tell steps apart
}

// same reports whether two steps are one that is told twice.
func (s step) same(other step) bool { return s.into == other.into && s.id == other.id }

// historic is what an event has that was another one before.
type historic interface{ EventHistory() []Past }

// Was returns the step from events of a kind, which were recorded as an Old.
func Was[Old, New any](kind string, upcast func(Old) New) Past {
	p := pastOf[Old](kind, upcast)
	p.step.into = reflect.TypeFor[New]()
	p.step.upcast = func(old any) []any {
		next := upcast(*old.(*Old))
		return []any{&next}
	}
	return p
}

// Renamed returns the step from events of a kind that are now of another one.
func Renamed(kind, to string) Past { return Past{kind: kind, to: to} }

// Split returns the step from events of a kind, recorded as an Old, each of which
// became several events, or none. Upcast returns pointers to them.
func Split[Old any, E Event](kind string, upcast func(Old) []E) Past {
	p := pastOf[Old](kind, upcast)
	p.step.upcast = func(old any) []any {
		events := upcast(*old.(*Old))
		parts := make([]any, len(events))
		for i, e := range events {
			parts[i] = e
		}
		return parts
	}
	return p
}

func pastOf[Old any](kind string, upcast any) Past {
	p := Past{
		kind:   kind,
		origin: origin{reflect.TypeFor[Old](), readAs[Old]},
		step:   step{kind: kind, id: reflect.ValueOf(upcast).Pointer()},
	}
	var old Old
	if h, ok := any(old).(historic); ok {
		p.older = h.EventHistory
	}
	return p
}
