package codec_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

var someTime = time.Unix(1_000_000_000, 7)

// accepted are values that codecs write, and read back as they were.
var accepted = map[string]struct {
	codecs codec.Set
	value  any
}{
	"a plain struct":                {both, deposit{Amount: 1, At: someTime, Tags: map[string]string{"a": "b"}}},
	"a pointer":                     {both, &deposit{Amount: 1, At: someTime}},
	"nil and empty":                 {both, struct{ A, B []string }{nil, []string{}}},
	"a type that contains itself":   {both, Tree{"a", []*Tree{{"b", nil}, nil}}},
	"a generic struct":              {both, Box[[]Box[Base]]{[]Box[Base]{{Base{"a"}}}}},
	"an embedded struct":            {both, struct{ Base }{Base{"a"}}},
	"an embedded unexported struct": {both, struct{ inner }{inner{1}}},
	"a tagged embedded unexported struct": {both, struct {
		inner `json:"in" msgpack:"in,noinline"`
	}{inner{1}}},
	"an embedded pointer":     {onlyJSON, struct{ *Base }{&Base{"a"}}},
	"an embedded nil pointer": {onlyJSON, struct{ *Base }{nil}},
	"an embedded pointer, not inlined": {onlyMessagePack, struct {
		*Base `msgpack:",noinline"`
	}{nil}},
	"an embedded struct, one of whose names is taken": {onlyMessagePack, struct {
		ID int
		Base
	}{1, Base{"a"}}},
	"blank fields and fields without size": {both, blank{A: 1}},
	"fields tagged -":                      {both, &skipped{A: 1}},
	"a pointer method by value":            {both, struct{ M Money }{Money{5}}},
	"a pointer method of the value itself": {both, Money{5}},
	"a pointer method in a slice":          {both, []Money{{5}, {6}}},
	"a pointer method in an array":         {both, [2]Money{{5}, {6}}},
	"a pointer method by pointer in a map": {both, map[string]*Money{"a": {5}}},
	"a value method in a map":              {both, map[Temperature]Temperature{{5}: {6}}},
	"a big number by value":                {both, struct{ N big.Int }{*big.NewInt(7)}},
	"an address":                           {both, struct{ A netip.Addr }{netip.MustParseAddr("10.0.0.1")}},
	"an embedded time alone":               {both, Stamp{someTime}},
	"own methods beside an embedded time":  {both, Remark{Text: "a"}},
	"own methods of a generic type":        {onlyJSON, &Labelled[string]{Label: "a"}},
	"a URL":                                {onlyMessagePack, struct{ U *url.URL }{&url.URL{Scheme: "http", User: url.UserPassword("a", "b")}}},
	"an extension":                         {onlyMessagePack, struct{ P Point }{Point{1, 2}}},
	"bytes that are not UTF-8":             {onlyMessagePack, struct{ S string }{"\xff"}},
	"keys that are structs":                {onlyMessagePack, map[Base]int{{"a"}: 1}},
	"raw JSON":                             {onlyJSON, struct{ R json.RawMessage }{json.RawMessage(`{"a":1}`)}},
}

func TestAcceptedValueComesBackWhole(t *testing.T) {
	for name, tt := range accepted {
		for _, c := range tt.codecs {
			t.Run(name+" in "+c.Name(), func(t *testing.T) {
				data, err := c.Marshal(tt.value)
				require.NoError(t, err)
				require.NoError(t, codec.CheckType(c, reflect.TypeOf(tt.value)))

				back := reflect.New(reflect.TypeOf(tt.value))
				require.NoError(t, c.Unmarshal(data, back.Interface()))
				require.Equal(t, utc(tt.value), utc(back.Elem().Interface()))
			})
		}
	}
}

// utc makes times comparable: the codecs keep the instant, not the zone.
func utc(v any) any {
	switch v := v.(type) {
	case deposit:
		v.At = v.At.UTC()
		return v
	case *deposit:
		return utc(*v)
	case Stamp:
		return v.UTC()
	}
	return v
}
