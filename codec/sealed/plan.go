package sealed

import (
	"reflect"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core/typecheck"
)

// plan is how values of a type are sealed: they are copied into values of a shadow type,
// which has []byte in place of each personal field and is else the same. A type without
// personal fields has none.
type plan struct {
	root *node // nil if nothing is personal
	err  error // a [TagError]
}

var plans sync.Map // of plan, by planKey

type planKey struct{ of, value reflect.Type }

// planOf returns the plan of a type.
func planOf(t reflect.Type) plan { return planWith(t, reflect.TypeFor[[]byte]()) }

// planWith returns the plan of a type whose shadow has another type of bytes in place of
// personal fields.
func planWith(t, value reflect.Type) plan {
	key := planKey{t, value}
	if known, ok := plans.Load(key); ok {
		return known.(plan)
	}
	b := builder{value: value, open: make(map[reflect.Type]bool)}
	root, err := b.build(t, place{})
	if err != nil {
		err.Type, err.Field = t, typecheck.PathFrom(t, err.Field)
		if err.Field == "" {
			err.Field = "the value"
		}
		known, _ := plans.LoadOrStore(key, plan{err: err})
		return known.(plan)
	}
	if root != nil {
		root.rename(t)
	}
	known, _ := plans.LoadOrStore(key, plan{root: root})
	return known.(plan)
}

// node is a type with personal fields inside, or a personal field.
type node struct {
	shadow   reflect.Type
	personal *personal
	elem     *node     // of a pointer, slice, array or map
	fields   []field   // of a struct, those that its shadow has
	subjects []subject // of a struct, those that its fields name
	inside   []*node   // the nodes of fields
}

// field is a field of a struct and its shadow.
type field struct {
	from, to int   // indices
	node     *node // nil for a copy
}

// subject is a field that names a subject.
type subject struct {
	name   string // what "of=" says
	stored string // its field, as in personal
	index  []int
}

// personal is a personal field.
type personal struct {
	path   string // for errors: "Order.Lines[].Name"
	stored string // as it is bound: "lines[].name"
	of     string
	about  string // the field of its subject, as stored
	clear  bool   // it may be in clear text
	erased reflect.Value
}

// rename puts the name of the outermost type before the paths of all fields.
func (n *node) rename(t reflect.Type) {
	if n.personal != nil {
		n.personal.path = typecheck.PathFrom(t, n.personal.path)
	}
	for _, inner := range append(slices.Clone(n.inside), n.elem) {
		if inner != nil {
			inner.rename(t)
		}
	}
}
