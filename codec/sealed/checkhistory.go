package sealed

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/typecheck"
)

// payloads yields the types that an event was recorded as before, by its history and those of
// these types, each once.
func payloads(event any) iter.Seq[reflect.Type] {
	return func(yield func(reflect.Type) bool) {
		seen := make(map[reflect.Type]bool)
		for next := []any{event}; len(next) > 0; next = next[1:] {
			h, ok := next[0].(interface{ EventHistory() core.History })
			if !ok {
				continue
			}
			for _, past := range h.EventHistory() {
				t := past.Payload()
				if t == nil || seen[t] {
					continue
				}
				seen[t] = true
				if !yield(t) {
					return
				}
				next = append(next, reflect.Zero(t).Interface())
			}
		}
	}
}

// sameTags returns a mistake in the tags of a type of old, given those of the event; nil for none.
func sameTags(event, old reflect.Type) error {
	is, was := planOf(event).root.personals(nil), planOf(old).root.personals(nil)
	fields := make(map[string]storedField)
	addStored(old, place{}, fields, make(map[reflect.Type]bool))
	for _, stored := range slices.Sorted(maps.Keys(is)) {
		p := is[stored]
		has, ok := fields[stored]
		if _, about := fields[p.about]; !ok || !about || has.typ != p.erased.Type() {
			continue
		}
		mistake := &TagError{Type: old, Field: typecheck.PathFrom(old, has.path)}
		switch before := was[stored]; {
		case before == nil:
			mistake.Reason = `it is personal in ` + event.String() + `: tag it, and with "cleartext" if it was recorded before that was`
		case !before.isErased(p.erased):
			mistake.Reason = `a forgotten one reads otherwise in ` + event.String() + `: give it the same "erased="`
		default:
			continue
		}
		return mistake
	}
	return nil
}

// personals adds the personal fields of a plan by their stored names.
func (n *node) personals(all map[string]*personal) map[string]*personal {
	if all == nil {
		all = make(map[string]*personal)
	}
	if n == nil {
		return all
	}
	if n.personal != nil {
		all[n.personal.stored] = n.personal
	}
	n.elem.personals(all)
	for _, inner := range n.inside {
		inner.personals(all)
	}
	return all
}

// storedField is a field of a type, by its stored name.
type storedField struct {
	path string
	typ  reflect.Type
}

// addStored adds the fields of a type, as [builder] names them.
func addStored(t reflect.Type, at place, all map[string]storedField, open map[reflect.Type]bool) {
	if open[t] {
		return
	}
	open[t] = true
	defer delete(open, t)
	switch t.Kind() {
	case reflect.Pointer:
		addStored(t.Elem(), at, all, open)
	case reflect.Slice, reflect.Array, reflect.Map:
		addStored(t.Elem(), at.in("[]", "[]"), all, open)
	case reflect.Struct:
		for f := range t.Fields() {
			inner := at.in("."+f.Name, "."+storedName(f))
			if f.Anonymous && storedName(f) == f.Name {
				inner.stored = at.stored
			} else if f.IsExported() {
				all[strings.TrimPrefix(inner.stored, ".")] = storedField{inner.path, f.Type}
			}
			addStored(f.Type, inner, all, open)
		}
	}
}
