package typecheck

import (
	"reflect"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// plan says which parts of the values of a type have to be looked at. A nil plan
// means none of them, and most types have that.
type plan struct {
	kind   planKind
	utc    bool        // of a time: it is read as an instant, without an offset
	key    *plan       // of a map
	elem   *plan       // of a pointer, slice, array or map
	fields []fieldPlan // of a struct
}

type planKind uint8

const (
	ofTime planKind = iota
	ofInterface
	ofPointer
	ofList // slice or array
	ofMap
	ofStruct
)

// fieldPlan is a field of a struct that has to be looked at.
type fieldPlan struct {
	index    int
	name     string
	embedded bool // written as fields of the outer struct
	plan     *plan
}

// planner makes the plan of a type for one direction.
type planner struct {
	rules   *Rules
	methods []reflect.Type // by which a type writes or reads itself
	reads   bool           // the plan is for what was read, not for what is to be written
	made    map[visit]*plan
}

// plan returns the plan of t at a place that is addressable or not.
func (p *planner) plan(v visit) *plan {
	v.addressable = v.addressable || p.reads // what is read is read into a variable
	if made, ok := p.made[v]; ok {
		return made
	}
	if !p.needed(v, make(map[visit]bool)) {
		return nil
	}
	made := new(plan)
	p.made[v] = made // before its parts, which may contain t
	switch t := v.typ; t.Kind() {
	case reflect.Interface:
		made.kind = ofInterface
	case reflect.Pointer:
		made.kind, made.elem = ofPointer, p.plan(visit{t.Elem(), true})
	case reflect.Slice:
		made.kind, made.elem = ofList, p.plan(visit{t.Elem(), true})
	case reflect.Array:
		made.kind, made.elem = ofList, p.plan(visit{t.Elem(), v.addressable})
	case reflect.Map:
		made.kind, made.key, made.elem = ofMap, p.plan(visit{t.Key(), false}), p.plan(visit{t.Elem(), false})
	case reflect.Struct:
		p.planStruct(v, made)
	}
	return made
}

func (p *planner) planStruct(v visit, made *plan) {
	method, own := FindMethod(v.typ, v.addressable, p.methods)
	if p.isTime(v.typ) {
		made.kind, made.utc = ofTime, p.rules.Instants && (v.typ == timeType || !keepsOffset(method.Name))
		return
	}
	made.kind = ofStruct
	for i, f := range p.fields(v) {
		inner := p.plan(visit{f.Type, v.addressable})
		if inner == nil {
			continue
		}
		if own && keepsOffset(method.Name) {
			inner = &plan{kind: ofTime}
		}
		made.fields = append(made.fields, fieldPlan{index: i, name: f.Name, embedded: f.Anonymous, plan: inner})
	}
}

// keepsOffset reports whether a time is read with its offset by the method.
func keepsOffset(method string) bool { return method == "UnmarshalBinary" || method == "UnmarshalText" }

// isTime reports whether values of t are times. A type made of time.Time has its
// own methods; what they write is not checked, but mostly they read a time.
func (p *planner) isTime(t reflect.Type) bool {
	return t == timeType || p.reads && t.Kind() == reflect.Struct && t.ConvertibleTo(timeType)
}

// wanted reports whether values of t must be looked at: times, unless they are
// written as instants; interfaces, which may hold the former, and what holds
// the interface; and types that contain themselves.
func (p *planner) wanted(t reflect.Type, containsItself bool) bool {
	switch {
	case p.isTime(t):
		return p.reads || !p.rules.Instants
	case t.Kind() == reflect.Interface:
		return !p.reads || p.rules.Instants
	default:
		return !p.reads && containsItself
	}
}

// needed reports whether some part of t is wanted.
func (p *planner) needed(v visit, path map[visit]bool) bool {
	v.addressable = v.addressable || p.reads
	onPath, before := path[v]
	if p.wanted(v.typ, onPath) {
		return true
	}
	if before {
		return false
	}
	path[v] = true
	defer func() { path[v] = false }()
	switch t := v.typ; t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return !p.opaque(v) && p.needed(visit{t.Elem(), true}, path)
	case reflect.Array:
		return !p.opaque(v) && p.needed(visit{t.Elem(), v.addressable}, path)
	case reflect.Map:
		return !p.opaque(v) && (p.needed(visit{t.Key(), false}, path) || p.needed(visit{t.Elem(), false}, path))
	case reflect.Struct:
		for _, f := range p.fields(v) {
			if p.needed(visit{f.Type, v.addressable}, path) {
				return true
			}
		}
	}
	return false
}

// opaque reports whether t is written or read by functions of the application,
// which answer for what is inside.
func (p *planner) opaque(v visit) bool {
	if v.typ.Kind() == reflect.Pointer {
		return false // its methods are found at what it points to
	}
	_, own := FindMethod(v.typ, v.addressable, p.methods)
	return own || p.rules.Registered != nil && p.rules.Registered(v.typ)
}

// fields returns the fields of a struct, by index, that may have to be looked at.
// Of an opaque struct these are its times: most such structs wrap one, and use
// its methods.
func (p *planner) fields(v visit) map[int]reflect.StructField {
	if v.typ == timeType {
		return nil
	}
	fields := make(map[int]reflect.StructField)
	opaque := p.opaque(v)
	for i := range v.typ.NumField() {
		f := v.typ.Field(i)
		left := f.Tag.Get(p.rules.Tag) == "-" || HasNoValue(f) || Unreachable(f) != ""
		if !left && (!opaque || f.Type == timeType) {
			fields[i] = f
		}
	}
	return fields
}
