package typecheck

import (
	"fmt"
	"math"
	"reflect"
)

func sameBasic(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return a.Uint() == b.Uint()
	case reflect.Float32, reflect.Float64:
		return sameFloat(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return sameFloat(real(x), real(y)) && sameFloat(imag(x), imag(y))
	case reflect.String:
		return a.String() == b.String()
	default: // functions, channels
		return a.IsZero() && b.IsZero()
	}
}

func sameFloat(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// describe names a value in an error.
func describe(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		if v.IsNil() {
			return fmt.Sprintf("a nil %v", v.Type())
		}
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array:
		return fmt.Sprintf("a %v of %d", v.Type(), v.Len())
	case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return fmt.Sprintf("a %v", v.Type())
	case reflect.String:
		return fmt.Sprintf("%.32q", v.String())
	default:
		return fmt.Sprint(v)
	}
}
