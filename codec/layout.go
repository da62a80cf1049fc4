package codec

import (
	"reflect"

	"github.com/jetsource/jetsource/core/typecheck"
)

// Layout identifies the layout of t as c sees it: the names, types and nesting of what
// it writes. Bytes of one layout must not be decoded as another one: a field that was
// renamed would be zero, without an error. A type with its own methods for both
// directions counts by its name. A codec that is not of this package may have a method
// Layout(reflect.Type) string; for one that has not, the names, tags and types of all
// fields count.
func Layout(c Codec, t reflect.Type) string {
	if own, ok := c.(interface{ Layout(reflect.Type) string }); ok {
		return own.Layout(t)
	}
	return typecheck.Layout(t)
}

// Layout identifies the layout of a type: see the function Layout.
func (c checked) Layout(t reflect.Type) string { return c.types.Layout(t) }
