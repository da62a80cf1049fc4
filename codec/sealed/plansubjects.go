package sealed

import (
	"reflect"
	"slices"
)

// subjectsOf returns the subjects that the fields of a struct name, and those of structs
// that it embeds.
func subjectsOf(t reflect.Type, at place) (all []subject, _ *TagError) {
	for _, f := range reflect.VisibleFields(t) {
		said, err := parseTag(f.Tag)
		if err != nil || !said.subject {
			continue // the tag is looked at with its field
		}
		path := at.in("."+f.Name, "")
		switch {
		case throughPointer(t, f.Index):
			continue
		case !f.IsExported():
			return nil, path.err("it is unexported")
		case !canBeSubject(f.Type):
			return nil, path.err("a %v cannot name a subject", f.Type)
		case slices.ContainsFunc(all, func(s subject) bool { return s.name == said.of }):
			return nil, path.err("it is a second subject%s for the same fields", suffix(said.of))
		}
		all = append(all, subject{said.of, at.in("", "."+storedName(f)).stored, f.Index})
	}
	return all, nil
}

// throughPointer reports whether a field is one of an embedded pointer.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// nearest returns the subject of a name of the structs around a field, innermost last; false if
// there is none.
func nearest(around [][]subject, name string) (subject, bool) {
	for _, all := range slices.Backward(around) {
		if i := slices.IndexFunc(all, func(s subject) bool { return s.name == name }); i >= 0 {
			return all[i], true
		}
	}
	return subject{}, false
}

func suffix(of string) string {
	if of == "" {
		return ""
	}
	return ", of=" + of
}
