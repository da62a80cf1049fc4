package codec_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

// random makes types, and values of them.
type random struct {
	*rand.Rand
	utc        bool // all times but those of Stamp are in UTC
	unreadable bool // a value was made that cannot be read
}

// leaves are the types that random values are made of.
var leaves = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](),
	reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](),
	reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[code](), reflect.TypeFor[Base](), reflect.TypeFor[any](),
	reflect.TypeFor[Temperature](), reflect.TypeFor[Stamp](), reflect.TypeFor[Tree](), reflect.TypeFor[shape](), reflect.TypeFor[status](),
}

var keys = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint32](), reflect.TypeFor[code](),
	reflect.TypeFor[Temperature](),
}

// typ returns a type that is nested up to depth.
func (r *random) typ(depth int) reflect.Type {
	if depth == 0 || r.IntN(3) == 0 {
		return leaves[r.IntN(len(leaves))]
	}
	switch r.IntN(5) {
	case 0:
		switch t := r.typ(depth - 1); t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map: // what is nil in it comes back as nil itself
			return reflect.TypeFor[*int]()
		default:
			return reflect.PointerTo(t)
		}
	case 1:
		return reflect.SliceOf(r.typ(depth - 1))
	case 2:
		return reflect.ArrayOf(r.IntN(4), r.typ(depth-1))
	case 3:
		return reflect.MapOf(keys[r.IntN(len(keys))], r.typ(depth-1))
	default:
		return r.structType(depth)
	}
}

func (r *random) structType(depth int) reflect.Type {
	tags := []string{"", `json:"f%d" msgpack:"g%d"`, `json:",omitzero" msgpack:"f%d"`}
	fields := make([]reflect.StructField, r.IntN(5))
	for i := range fields {
		tag := strings.ReplaceAll(tags[r.IntN(len(tags))], "%d", fmt.Sprint(i))
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: r.typ(depth - 1), Tag: reflect.StructTag(tag)}
	}
	return reflect.StructOf(fields)
}

// fill sets v to a random value.
func (r *random) fill(v reflect.Value, depth int) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		if *p = r.time(); r.utc {
			*p = p.UTC()
		}
		return
	case *Stamp:
		p.Time = r.time()
		return
	case *Temperature:
		p.kelvin = r.IntN(1000)
		return
	case *any:
		*p = r.any(3)
		return
	case *shape:
		if r.IntN(8) == 0 {
			*p, r.unreadable = square{1}, true
		}
		return
	case *status:
		*p, r.unreadable = 1, true
		return
	}
	r.fillKind(v, depth)
}

func (r *random) fillKind(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> (64 - v.Type().Bits()) >> r.IntN(v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()) >> r.IntN(v.Type().Bits()))
	case reflect.Float32:
		v.SetFloat(float64(r.Float32() * 1e30))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64() * math.Pow(10, float64(r.IntN(300))))
	case reflect.String:
		v.SetString(r.text())
	case reflect.Pointer:
		if depth > 0 && r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			r.fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		if depth > 0 && r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
			r.elements(v, depth)
		}
	case reflect.Array:
		r.elements(v, depth)
	case reflect.Map:
		if r.IntN(4) > 0 {
			r.fillMap(v, depth)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			r.fill(field, depth-1)
		}
	}
}

func (r *random) elements(v reflect.Value, depth int) {
	for i := range v.Len() {
		r.fill(v.Index(i), depth-1)
	}
}

func (r *random) fillMap(v reflect.Value, depth int) {
	v.Set(reflect.MakeMap(v.Type()))
	for range r.IntN(4) {
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		r.fill(key, depth-1)
		bad := r.unreadable
		r.fill(elem, depth-1)
		if v.MapIndex(key).IsValid() {
			r.unreadable = bad // the element before stays
			continue
		}
		v.SetMapIndex(key, elem)
	}
}

func (r *random) text() string {
	return []string{"", "a", "é\x00\u2028<", strings.Repeat("x", r.IntN(300)), "\U0001f600\ufffd"}[r.IntN(5)]
}

func (r *random) time() time.Time {
	t := time.Unix(r.Int64N(250e9), r.Int64N(1e9)).UTC()
	if minutes := r.IntN(23 * 60); r.IntN(2) == 0 && minutes > 0 {
		t = t.In(time.FixedZone("", 60*minutes*(1-2*r.IntN(2))))
	}
	return t
}

// any returns what codecs do not change in an interface.
func (r *random) any(depth int) any {
	switch r.IntN(6) {
	case 0:
		return r.IntN(2) == 0
	case 1:
		return r.NormFloat64()
	case 2:
		return r.text()
	case 3:
		list := make([]any, r.IntN(depth+1))
		for i := range list {
			list[i] = r.any(depth - 1)
		}
		return list
	case 4:
		m := make(map[string]any)
		for range r.IntN(depth + 1) {
			m[r.text()] = r.any(depth - 1)
		}
		return m
	default:
		return nil
	}
}

// value returns the value of a seed.
func value(seed uint64, utc bool) (v any, unreadable bool) {
	r := &random{Rand: rand.New(rand.NewPCG(seed, seed)), utc: utc}
	into := reflect.New(r.structType(5)).Elem()
	r.fill(into, 8)
	return into.Interface(), r.unreadable
}

func FuzzAcceptedValueComesBack(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		v, unreadable := value(seed, false)
		for _, c := range both {
			data, err := codec.Encode(c, "", v)
			if unreadable {
				require.ErrorAs(t, err, new(*codec.UnreadableError), "%T", v)
				continue
			}
			require.NoError(t, err, "%T", v)
			back := reflect.New(reflect.TypeOf(v))
			require.NoError(t, c.Unmarshal(data, back.Interface()), "%T", v)
			want, _ := value(seed, c == codec.MessagePack)
			require.Equal(t, want, back.Elem().Interface(), "%s of %T", c.Name(), v)
		}
	})
}
