package typecheck

import (
	"fmt"
	"reflect"
	"strings"
)

// reader decides whether values of a type can be read without trying, and if not
// what may be the reason; and whether what is read may be another value.
type reader struct {
	rules   *Rules
	seen    map[visit]bool
	doubt   bool
	changes bool
	hints   []string
}

// visit looks at t, which is at path in the type that is examined.
func (r *reader) visit(v visit, path string) {
	t := v.typ
	// A time loses the name of its zone, and an empty json.Number becomes 0.
	r.changes = r.changes || t == timeType || t == numberType
	if r.seen[v] || t == timeType {
		return
	}
	r.seen[v] = true
	if t.Kind() == reflect.Interface {
		r.doubt = true
		if t.NumMethod() > 0 {
			r.hint(path, "is an interface: a decoder cannot know its type; give it a struct type, or give the struct around it methods that marshal and unmarshal it")
		}
		return
	}
	if t.Kind() != reflect.Pointer && r.visitMethods(v, path) {
		return
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64, reflect.String:
	case reflect.Pointer:
		r.changes = true // nil may be behind it, and another may point there
		r.doubt = r.doubt || t.Elem().Kind() == reflect.Pointer
		r.visit(visit{t.Elem(), true}, path)
	case reflect.Slice:
		r.visit(visit{t.Elem(), true}, path+"[]")
	case reflect.Array:
		r.visit(visit{t.Elem(), v.addressable}, path+"[]")
	case reflect.Map:
		r.visitKey(t.Key(), path)
		r.visit(visit{t.Elem(), false}, path+"[]")
	case reflect.Struct:
		r.visitFields(v, path)
	default:
		r.doubt = true
	}
}

// visitMethods reports whether t is written or read by functions of its own.
func (r *reader) visitMethods(v visit, path string) bool {
	marshal, writes := FindMethod(v.typ, v.addressable, r.rules.Marshalers)
	unmarshal, reads := FindMethod(v.typ, true, r.rules.Unmarshalers)
	registered := r.rules.Registered != nil && r.rules.Registered(v.typ)
	if !writes && !reads && !registered {
		return false
	}
	r.doubt = true
	switch {
	case writes && !reads:
		r.hint(path, fmt.Sprintf("has %s and no method that reads what it writes; add one, or remove it", marshal.Name))
	case reads && !writes:
		r.hint(path, fmt.Sprintf("has %s and no method that writes what it reads; add one, or remove it", unmarshal.Name))
	}
	return true
}

// visitKey looks at the type of a map's keys. Only strings and integers are read
// without doubt.
func (r *reader) visitKey(t reflect.Type, path string) {
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
	default:
		r.doubt = true
	}
	r.visit(visit{t, false}, path+"[key]")
}

func (r *reader) visitFields(v visit, path string) {
	for f := range v.typ.Fields() {
		tag := f.Tag.Get(r.rules.Tag)
		if tag == "-" || f.Name == "_" {
			r.changes = r.changes || !HasNoValue(f)
			continue
		}
		_, options, _ := strings.Cut(tag, ",")
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "", "inline", "noinline":
			case "omitempty", "omitzero":
				r.changes = r.changes || !omittedAsZero(f.Type)
			default:
				r.doubt = true // it may change how the struct is written
			}
		}
		if !HasNoValue(f) {
			r.visit(visit{f.Type, v.addressable}, path+"."+f.Name)
		}
	}
}

// omittedAsZero reports whether the values of t that are left out as empty are
// all its zero value. An empty list is none, and a float may be -0.
func omittedAsZero(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.String:
		_, own := reflect.PointerTo(t).MethodByName("IsZero")
		return !own
	}
	return false
}

func (r *reader) hint(path, text string) {
	if path = strings.TrimPrefix(path, "."); path == "" {
		path = "the type"
	} else {
		path = "field " + path
	}
	r.hints = append(r.hints, path+" "+text)
}
