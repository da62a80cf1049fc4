package codec_test

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core/typecheck"
)

type (
	item struct{ Count int }
	cart struct {
		Items map[string]int `json:",omitempty" msgpack:",omitempty"`
		Tags  []string       `json:",omitempty" msgpack:",omitempty"`
	}
	indexed struct {
		Lines []*item
		ByID  map[string]*item
	}
	left struct {
		Kept int
		Left map[string]int `json:"-" msgpack:"-"`
	}
	paid  struct{ By any }
	dates struct{ From, Until *time.Time }
	when  struct{ At time.Time }
	sums  struct {
		Total *big.Int
		Rate  float64
	}
	numbers struct {
		List   []float64
		Nested map[int][]cart
	}
)

func berlin(t *testing.T) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return time.Date(2026, 3, 1, 10, 0, 0, 0, zone)
}

// encodeAndCopy returns the errors of both ways by which a state may be changed.
func encodeAndCopy(c codec.Codec, v any) map[string]error {
	_, encoded := codec.EncodeState(c, "", v)
	_, copied := codec.Copier[any](anyCodec{c, reflect.TypeOf(v)})(v)
	return map[string]error{"EncodeState": encoded, "Copier": copied}
}

// anyCodec reads values of one type into an any. It is no codec of this package.
type anyCodec struct {
	codec.Codec
	t reflect.Type
}

func (c anyCodec) Unmarshal(data []byte, v any) error {
	into := reflect.New(c.t)
	err := c.Codec.Unmarshal(data, into.Interface())
	*v.(*any) = into.Elem().Interface()
	return err
}

func TestStateThatComesBackAsAnotherIsRefused(t *testing.T) {
	one, now := &item{1}, time.Now()
	for name, c := range map[string]struct {
		state        any
		field        string // empty for a state that comes back
		onlyJSON     bool
		onlyMessages bool
	}{
		"an empty map, omitempty":      {state: cart{Items: map[string]int{}}, field: "cart.Items"},
		"an empty list, omitempty":     {state: cart{Tags: []string{}}, field: "cart.Tags"},
		"nil and omitempty":            {state: cart{}},
		"deep inside":                  {state: numbers{Nested: map[int][]cart{1: {{}, {Tags: []string{}}}}}, field: "numbers.Nested[][].Tags"},
		"one struct in two places":     {state: indexed{[]*item{one}, map[string]*item{"a": one}}, field: "indexed.ByID[]"},
		"two equal structs":            {state: indexed{[]*item{{1}}, map[string]*item{"a": {1}}}},
		"one time in two places":       {state: dates{ptr(now.UTC()), ptr(now.UTC())}},
		"the same time twice":          {state: func() dates { d := now.UTC(); return dates{&d, &d} }()},
		"a field that is left out":     {state: left{1, map[string]int{"a": 1}}, field: "left.Left"},
		"nothing is left out":          {state: left{Kept: 1}},
		"a struct in an interface":     {state: paid{item{1}}, field: "paid.By"},
		"a string in an interface":     {state: paid{"cash"}},
		"a number in an interface":     {state: paid{1}, field: "paid.By"},
		"a time in a named zone":       {state: when{berlin(t)}, field: "when.At"},
		"a time in UTC":                {state: when{berlin(t).UTC()}},
		"a time with a clock":          {state: when{time.Now().UTC()}},
		"the zero time":                {state: when{}},
		"a time in an offset":          {state: when{berlin(t).In(time.FixedZone("", 3600))}, field: "when.At", onlyMessages: true},
		"a time in an offset, in JSON": {state: when{berlin(t).In(time.FixedZone("", 3600))}, onlyJSON: true},
		"a large number":               {state: sums{Total: new(big.Int).Lsh(big.NewInt(1), 200)}, onlyJSON: true},
		"a number that became zero":    {state: sums{Total: new(big.Int).Sub(big.NewInt(7), big.NewInt(7))}, onlyJSON: true},
		"NaN":                          {state: sums{Rate: math.NaN()}, onlyMessages: true},
		"-0":                           {state: sums{Rate: math.Copysign(0, -1)}},
		"big.Float":                    {state: struct{ F *big.Float }{new(big.Float).SetPrec(200).SetFloat64(0.1)}, field: "F.prec", onlyJSON: true},
		"an empty number":              {state: struct{ N json.Number }{}, field: "N", onlyJSON: true},
		"raw JSON with spaces":         {state: struct{ R json.RawMessage }{json.RawMessage(`{ "a": 1 }`)}, field: "R", onlyJSON: true},
		"a pointer to a nil map":       {state: struct{ P *map[string]int }{new(map[string]int)}, field: "P"},
		"nil":                          {state: nil},
	} {
		for _, format := range both {
			if c.onlyJSON && format != codec.JSON || c.onlyMessages && format != codec.MessagePack {
				continue
			}
			if c.state == nil {
				continue
			}
			for way, err := range encodeAndCopy(format, c.state) {
				if c.field == "" {
					require.NoError(t, err, "%s: %s, %s", name, way, format.Name())
					continue
				}
				changed := new(codec.ChangedError)
				require.ErrorAs(t, err, &changed, "%s: %s, %s", name, way, format.Name())
				require.Equal(t, c.field, changed.Field, "%s: %s", name, way)
				require.Equal(t, reflect.TypeOf(c.state), changed.Type)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestChangedErrorSaysWhatChanged(t *testing.T) {
	_, err := codec.EncodeState(codec.JSON, "", cart{Items: map[string]int{}})
	require.EqualError(t, err, "application/json changes cart.Items of codec_test.cart: a map[string]int of 0 comes back as a nil map[string]int")
	_, err = codec.EncodeState(codec.JSON, "", paid{item{1}})
	require.EqualError(t, err, "application/json changes paid.By of codec_test.paid: a codec_test.item comes back as a map[string]interface {}")
}

// another is a codec of which this package knows nothing.
type another struct{ codec.Codec }

func TestCopyThatIsAnotherValueIsRefused(t *testing.T) {
	for _, c := range both {
		copier := codec.Copier[cart](c)
		for range 1000 { // not only the first copies of a type
			_, err := copier(cart{Items: map[string]int{"a": 1}})
			require.NoError(t, err)
		}
		_, err := copier(cart{Items: map[string]int{}})
		require.ErrorAs(t, err, new(*codec.ChangedError))
		_, err = codec.Copier[cart](another{c})(cart{Tags: []string{}})
		require.ErrorAs(t, err, new(*codec.ChangedError), "another codec")
	}
}

func TestHiddenFieldErrorIsOneOfPackageTypecheck(t *testing.T) {
	_, err := codec.EncodeState(codec.JSON, "", struct{ hidden int }{1})
	require.ErrorAs(t, err, new(*codec.HiddenFieldError))
	require.ErrorAs(t, err, new(*typecheck.Error), "as of a store that knows no codec")
}
