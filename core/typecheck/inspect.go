package typecheck

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// MaxDepth bounds how deep lists, maps and structs are nested in a value, as
// encoding/json does when it reads.
const MaxDepth = 10_000

// CycleError reports a value that contains itself, or that is nested deeper than
// [MaxDepth]. Nothing was written.
type CycleError struct {
	Codec string       // the name of the encoding
	Type  reflect.Type // of the value
	Field string       // where the value contains itself: "Node.Next.Next"; empty if it is only too deep
}

func (e *CycleError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s cannot write %s: it is nested deeper than %d", e.Codec, e.Type, MaxDepth)
	}
	return fmt.Sprintf("%s cannot write %s: the value contains itself at %s", e.Codec, e.Type, e.Field)
}

// TimeError reports a time whose offset from UTC has seconds, as in zones of the
// time before there was a standard time. The encoding has whole minutes only, so
// it would be read as another moment. Convert it with UTC(). Nothing was written.
type TimeError struct {
	Codec string       // the name of the encoding
	Type  reflect.Type // of the value
	Field string       // the path to the time: "Born.At"; "[]" stands for an element of a list or a map
	Time  time.Time
}

func (e *TimeError) Error() string {
	return fmt.Sprintf("%s would change %s of %s: the offset of %s has seconds; convert it with UTC()",
		e.Codec, e.Field, e.Type, e.Time.Format("2006-01-02T15:04:05Z07:00:00"))
}

// inspection walks through a value before it is written.
type inspection struct {
	checker *Checker
	bad     *time.Time // the one that cannot be written
	lost    *Error     // of what an interface holds
	trail   []step     // from what cannot be written back to the whole value
}

// step is a value on the way to what cannot be written.
type step struct {
	name string // of the value in the one that contains it
	typ  reflect.Type
	ptr  uintptr // of a pointer, a map or a slice; zero for others
}

// inspect returns a [CycleError], a [TimeError] or an [Error] if v cannot be
// written.
func (c *Checker) inspect(v any, p *plan) error {
	if p == nil {
		return nil
	}
	i := inspection{checker: c}
	if i.visit("", reflect.ValueOf(v), p, 0, 0) {
		return nil
	}
	if i.lost != nil {
		return i.lost
	}
	t := reflect.TypeOf(v)
	if i.bad == nil {
		return &CycleError{Codec: c.rules.Name, Type: t, Field: i.repeated(t)}
	}
	var path strings.Builder
	for n := len(i.trail) - 1; n >= 0; n-- {
		path.WriteString(i.trail[n].name)
	}
	return &TimeError{Codec: c.rules.Name, Type: t, Field: PathFrom(t, path.String()), Time: *i.bad}
}

// visit reports whether v can be written. The depth counts what is nested in the
// encoded form; hops counts pointers and interfaces in a row, which are not.
func (i *inspection) visit(name string, v reflect.Value, p *plan, depth, hops int) bool {
	if p == nil {
		return true
	}
	if depth > MaxDepth || hops > MaxDepth || !i.parts(v, p, depth, hops) {
		s := step{name: name, typ: v.Type()}
		switch v.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice:
			s.ptr = v.Pointer()
		}
		i.trail = append(i.trail, s)
		return false
	}
	return true
}

func (i *inspection) parts(v reflect.Value, p *plan, depth, hops int) bool {
	switch p.kind {
	case ofTime:
		return i.time(v.Interface().(time.Time))
	case ofInterface:
		return v.IsNil() || i.held(v.Elem(), depth, hops+1)
	case ofPointer:
		return v.IsNil() || i.visit("", v.Elem(), p.elem, depth, hops+1)
	case ofList:
		for n := range v.Len() {
			if !i.visit("[]", v.Index(n), p.elem, depth+1, 0) {
				return false
			}
		}
	case ofMap:
		for entry := v.MapRange(); entry.Next(); {
			if !i.visit("[key]", entry.Key(), p.key, depth+1, 0) || !i.visit("[]", entry.Value(), p.elem, depth+1, 0) {
				return false
			}
		}
	case ofStruct:
		for _, f := range p.fields {
			inner := depth + 1
			if f.embedded {
				inner = depth
			}
			if !i.visit("."+f.name, v.Field(f.index), f.plan, inner, 0) {
				return false
			}
		}
	}
	return true
}

// held looks at what an interface holds. Its fields are not checked, but one that
// embeds a pointer may embed its own type, and the encoding has no end then.
func (i *inspection) held(v reflect.Value, depth, hops int) bool {
	r := i.checker.result(v.Type())
	if r.err != nil && r.err.Reason == NilInlined {
		i.lost = r.err
		return false
	}
	return i.visit("", v, r.out, depth, hops)
}

func (i *inspection) time(t time.Time) bool {
	_, offset := t.Zone()
	if offset%60 != 0 {
		i.bad = &t
	}
	return i.bad == nil
}

// repeated returns the path from t to the first value on the trail that was on it
// before, empty if there is none.
func (i *inspection) repeated(t reflect.Type) string {
	type identity struct {
		typ reflect.Type
		ptr uintptr
	}
	seen := make(map[identity]bool)
	path := ""
	for n := len(i.trail) - 1; n >= 0; n-- {
		s := i.trail[n]
		path += s.name
		if id := (identity{s.typ, s.ptr}); s.ptr != 0 && seen[id] {
			return PathFrom(t, path)
		} else {
			seen[id] = true
		}
	}
	return ""
}
