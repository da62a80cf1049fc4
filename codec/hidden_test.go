package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

type (
	Base  struct{ ID string }
	inner struct{ Deep int }
	code  int

	// Money is written by methods on its pointer.
	Money struct{ cents int64 }

	// Temperature is written by methods on its value.
	Temperature struct{ kelvin int }

	// Shout has a marshaler and nothing to read it.
	Shout struct{ text string }

	Tree struct {
		Name     string
		Children []*Tree
	}
	Box[T any] struct{ Value T }

	Line struct {
		Price int
		total int
	}

	Note struct {
		time.Time
		Text string
	}

	Stamp struct{ time.Time }

	// Remark embeds a time, but is written by methods of its own.
	Remark struct {
		time.Time
		Text string
	}

	// Labelled embeds a time, and is written by methods on its pointer.
	Labelled[T any] struct {
		time.Time
		Label T
	}

	// Point is known to msgpack as an extension only.
	Point struct{ x, y byte }

	Knot struct {
		X int
		*Knot
	}
)

func (m *Money) MarshalText() ([]byte, error) { return fmt.Append(nil, m.cents), nil }

func (m *Money) UnmarshalText(text []byte) error {
	_, err := fmt.Sscan(string(text), &m.cents)
	return err
}

func (t Temperature) MarshalText() ([]byte, error) { return fmt.Append(nil, t.kelvin), nil }

func (t *Temperature) UnmarshalText(text []byte) error {
	_, err := fmt.Sscan(string(text), &t.kelvin)
	return err
}

func (s Shout) MarshalText() ([]byte, error) { return []byte(s.text), nil }

func (r Remark) MarshalText() ([]byte, error) { return []byte(r.Text), nil }
func (r Remark) MarshalJSON() ([]byte, error) { return json.Marshal(r.Text) }
func (r *Remark) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &r.Text)
}
func (r Remark) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString(r.Text) }
func (r *Remark) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	r.Text, err = d.DecodeString()
	return err
}

func (l *Labelled[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.Label) }
func (l *Labelled[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &l.Label) }

func init() {
	msgpack.RegisterExtEncoder(7, Point{}, func(_ *msgpack.Encoder, v reflect.Value) ([]byte, error) {
		p := v.Interface().(Point)
		return []byte{p.x, p.y}, nil
	})
	msgpack.RegisterExtDecoder(7, Point{}, func(d *msgpack.Decoder, v reflect.Value, _ int) error {
		b := make([]byte, 2)
		err := d.ReadFull(b)
		v.Set(reflect.ValueOf(Point{b[0], b[1]}))
		return err
	})
}

type blank struct {
	A int
	_ int
	_ [0]func()
	z struct{} //nolint:unused // nothing to lose
}

type left struct {
	A     int
	cache map[string]int `json:"-" msgpack:"-"` //nolint:unused // left out on purpose
	Lock  sync.Mutex     `json:"-" msgpack:"-"`
}

func TestWhatIsAcceptedComesBackWhole(t *testing.T) {
	at := time.Unix(1_000_000_000, 7)
	onlyJSON, onlyMessagePack := codec.Set{codec.JSON}, codec.Set{codec.MessagePack}
	for name, tt := range map[string]struct {
		codecs codec.Set
		value  any
	}{
		"a plain struct":                {both, deposit{Amount: 1, At: at, Tags: map[string]string{"a": "b"}}},
		"a pointer":                     {both, &deposit{Amount: 1, At: at}},
		"nil and empty":                 {both, struct{ A, B []string }{nil, []string{}}},
		"a type that contains itself":   {both, Tree{"a", []*Tree{{"b", nil}, nil}}},
		"a generic struct":              {both, Box[[]Box[Base]]{[]Box[Base]{{Base{"a"}}}}},
		"an embedded struct":            {both, struct{ Base }{Base{"a"}}},
		"an embedded unexported struct": {both, struct{ inner }{inner{1}}},
		"a tagged embedded unexported": {both, struct {
			inner `json:"in" msgpack:"in,noinline"`
		}{inner{1}}},
		"an embedded pointer":     {onlyJSON, struct{ *Base }{&Base{"a"}}},
		"an embedded nil pointer": {onlyJSON, struct{ *Base }{nil}},
		"an embedded pointer, not inlined": {onlyMessagePack, struct {
			*Base `msgpack:",noinline"`
		}{nil}},
		"an embedded struct whose name's taken": {onlyMessagePack, struct {
			ID int
			Base
		}{1, Base{"a"}}},
		"blank fields and those without size":  {both, blank{A: 1}},
		"fields tagged -":                      {both, &left{A: 1}},
		"a pointer method by value":            {both, struct{ M Money }{Money{5}}},
		"a pointer method at the top":          {both, Money{5}},
		"a pointer method in a slice":          {both, []Money{{5}, {6}}},
		"a pointer method in an array":         {both, [2]Money{{5}, {6}}},
		"a pointer method by pointer in a map": {both, map[string]*Money{"a": {5}}},
		"a value method in a map":              {both, map[Temperature]Temperature{{5}: {6}}},
		"big numbers by value":                 {both, struct{ N big.Int }{*big.NewInt(7)}},
		"addresses":                            {both, struct{ A netip.Addr }{netip.MustParseAddr("10.0.0.1")}},
		"an embedded time alone":               {both, Stamp{at}},
		"own methods beside an embedded time":  {both, Remark{Text: "a"}},
		"own methods of a generic type":        {onlyJSON, &Labelled[string]{Label: "a"}},
		"a URL":                                {onlyMessagePack, struct{ U *url.URL }{&url.URL{Scheme: "http", User: url.UserPassword("a", "b")}}},
		"an extension":                         {onlyMessagePack, struct{ P Point }{Point{1, 2}}},
		"bytes that are not UTF-8":             {onlyMessagePack, struct{ S string }{"\xff"}},
		"keys that are structs":                {onlyMessagePack, map[Base]int{{"a"}: 1}},
		"raw JSON":                             {onlyJSON, struct{ R json.RawMessage }{json.RawMessage(`{"a":1}`)}},
	} {
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

// utc makes times comparable: both codecs keep the instant.
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

func TestWhatWouldBeLostIsRefused(t *testing.T) {
	type Order struct{ Lines []Line }
	onlyJSON, onlyMessagePack := codec.Set{codec.JSON}, codec.Set{codec.MessagePack}
	for name, tt := range map[string]struct {
		codecs codec.Set
		value  any
		field  string
	}{
		"an unexported field":       {both, struct{ a int }{1}, "a"},
		"one in a slice":            {both, Order{[]Line{{1, 2}}}, "Order.Lines[].total"},
		"one behind a pointer":      {both, &Order{[]Line{{1, 2}}}, "Order.Lines[].total"},
		"one in a map":              {both, struct{ M map[string]Line }{map[string]Line{"a": {1, 2}}}, "M[].total"},
		"one in an array":           {both, [1]Line{{1, 2}}, "[].total"},
		"one in a generic struct":   {both, struct{ B Box[Line] }{Box[Line]{Line{1, 2}}}, "B.Value.total"},
		"one in an embedded struct": {both, struct{ Line }{Line{1, 2}}, "Line.total"},
		"a tag does not help": {onlyMessagePack, struct {
			a int `msgpack:"a"`
		}{1}, "a"},
		"another codec's tag": {onlyMessagePack, struct {
			a int `json:"-"`
		}{1}, "a"},
		"an embedded unexported number":  {both, struct{ code }{1}, "code"},
		"an embedded unexported pointer": {both, struct{ *inner }{&inner{1}}, "inner"},
		"an embedded nil pointer":        {onlyMessagePack, struct{ *Base }{nil}, "Base"},
		"a type that embeds itself":      {both, Knot{1, &Knot{2, nil}}, "Knot.Knot"},
		"a URL's password":               {onlyJSON, url.URL{User: url.UserPassword("a", "b")}, "URL.User.username"},
		"a pointer method in a map":      {onlyJSON, map[string]Money{"a": {5}}, "[].cents"},
		"a marshaler alone":              {both, struct{ S Shout }{Shout{"a"}}, "S.text"},
		"an embedded time's method":      {both, Note{time.Unix(1, 0), "a"}, "Note.Text"},
		"two names alike": {both, struct {
			A int `json:"B" msgpack:"B"`
			B int
		}{1, 2}, ""},
		"a name that hides an embedded one": {both, struct {
			Base
			ID string
		}{Base{"a"}, "b"}, "Base.ID"},
		"a name taken before an inlined one": {onlyMessagePack, struct {
			ID   string
			Base `msgpack:",inline"`
		}{"b", Base{"a"}}, "Base.ID"},
		"a key's field": {onlyMessagePack, map[Line]int{{1, 2}: 3}, "[key].total"},
	} {
		for _, c := range tt.codecs {
			t.Run(name+" in "+c.Name(), func(t *testing.T) {
				_, err := c.Marshal(tt.value)
				var hidden *codec.HiddenFieldError
				require.ErrorAs(t, err, &hidden)
				require.ErrorAs(t, codec.CheckType(c, reflect.TypeOf(tt.value)), &hidden)
				require.Equal(t, c.Name(), hidden.Codec)
				require.Equal(t, reflect.TypeOf(tt.value), hidden.Type)
				if tt.field != "" {
					require.Equal(t, tt.field, hidden.Field)
				}
				if name == "a type that embeds itself" && c == codec.MessagePack {
					return // the library never returns from such a type
				}
				require.Error(t, rawRoundTrip(c, tt.value), "the codec alone loses nothing")
			})
		}
	}
}

// rawRoundTrip does what would happen without the check, and tells what went wrong.
func rawRoundTrip(c codec.Codec, v any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	marshal, unmarshal := json.Marshal, json.Unmarshal
	if c == codec.MessagePack {
		marshal, unmarshal = msgpack.Marshal, msgpack.Unmarshal
	}
	data, err := marshal(v)
	if err != nil {
		return err
	}
	back := reflect.New(reflect.TypeOf(v))
	if err := unmarshal(data, back.Interface()); err != nil {
		return err
	}
	if !reflect.DeepEqual(v, back.Elem().Interface()) {
		return errors.New("a part of the value is lost")
	}
	return nil
}

func TestWhatAnInterfaceHoldsIsNotLookedInto(t *testing.T) {
	for _, c := range both {
		_, err := c.Marshal(struct{ V any }{Line{1, 2}})
		require.NoError(t, err)
	}
}

func TestATypeIsExaminedFromManyGoroutinesAtOnce(t *testing.T) {
	type fresh struct{ Lines []Line }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, c := range both {
				_, err := c.Marshal(fresh{})
				require.ErrorContains(t, err, "fresh.Lines[].total")
			}
		})
	}
	all.Wait()
}
