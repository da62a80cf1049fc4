package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

type order struct{ Lines []Line }

// refused are values of types that codecs would lose a field of.
var refused = map[string]struct {
	codecs codec.Set
	value  any
	field  string // empty if it may be either of two
}{
	"an unexported field":               {both, struct{ a int }{1}, "a"},
	"a field in a slice":                {both, order{[]Line{{1, 2}}}, "order.Lines[].total"},
	"a field behind a pointer":          {both, &order{[]Line{{1, 2}}}, "order.Lines[].total"},
	"a field in a map":                  {both, struct{ M map[string]Line }{map[string]Line{"a": {1, 2}}}, "M[].total"},
	"a field in an array":               {both, [1]Line{{1, 2}}, "[].total"},
	"a field in a generic struct":       {both, struct{ B Box[Line] }{Box[Line]{Line{1, 2}}}, "B.Value.total"},
	"a field in an embedded struct":     {both, struct{ Line }{Line{1, 2}}, "Line.total"},
	"an embedded unexported number":     {both, struct{ code }{1}, "code"},
	"an embedded unexported pointer":    {both, struct{ *inner }{&inner{1}}, "inner"},
	"an embedded nil pointer":           {onlyMessagePack, struct{ *Base }{nil}, "Base"},
	"a URL's password":                  {onlyJSON, url.URL{User: url.UserPassword("a", "b")}, "URL.User.username"},
	"a pointer method in a map":         {onlyJSON, map[string]Money{"a": {5}}, "[].cents"},
	"a marshaler without unmarshaler":   {both, struct{ S Shout }{Shout{"a"}}, "S.text"},
	"a field beside an embedded time":   {both, Note{time.Unix(1, 0), "a"}, "Note.Text"},
	"a field of a map's key":            {onlyMessagePack, map[Line]int{{1, 2}: 3}, "[key].total"},
	"a field that embeds its own type":  {both, Knot{1, &Knot{2, nil}}, "Knot.Knot"},
	"an unexported field that is named": {onlyMessagePack, taggedA{1}, "taggedA.a"},
	"a field left out of another codec": {onlyMessagePack, jsonSkipsA{1}, "jsonSkipsA.a"},
	"one of two fields of one name": {both, struct {
		A int `json:"B" msgpack:"B"`
		B int
	}{1, 2}, ""},
	"an embedded field whose name is taken": {both, struct {
		Base
		ID string
	}{Base{"a"}, "b"}, "Base.ID"},
	"an inlined field whose name is taken": {onlyMessagePack, struct {
		ID   string
		Base `msgpack:",inline"`
	}{"b", Base{"a"}}, "Base.ID"},
}

type (
	taggedA struct {
		a int `msgpack:"a"`
	}
	jsonSkipsA struct {
		a int `json:"-"`
	}
)

func TestHiddenFieldIsRefused(t *testing.T) {
	for name, tt := range refused {
		for _, c := range tt.codecs {
			t.Run(name+" in "+c.Name(), func(t *testing.T) {
				_, err := c.Marshal(tt.value)
				var hidden *codec.HiddenFieldError
				require.ErrorAs(t, err, &hidden)
				require.ErrorAs(t, codec.CheckType(c, reflect.TypeOf(tt.value)), &hidden)
				require.Equal(t, c.Name(), hidden.Codec)
				require.Equal(t, reflect.TypeOf(tt.value), hidden.Type)
				require.ErrorContains(t, err, c.Name()+" would lose "+hidden.Field+" of "+hidden.Type.String()+": "+hidden.Reason)
				if tt.field != "" {
					require.Equal(t, tt.field, hidden.Field)
				}
				if hidden.Type == reflect.TypeFor[Knot]() && c == codec.MessagePack {
					return // the library recurses without end
				}
				require.Error(t, roundTripUnchecked(c, tt.value), "the library alone loses nothing")
			})
		}
	}
}

// roundTripUnchecked writes and reads v without the check of types, and returns
// what goes wrong.
func roundTripUnchecked(c codec.Codec, v any) (err error) {
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

func TestContentOfAnInterfaceIsNotChecked(t *testing.T) {
	for _, c := range both {
		_, err := c.Marshal(struct{ V any }{Line{1, 2}})
		require.NoError(t, err)
	}
}

func TestTypeThatEmbedsItselfIsRefusedInAnInterface(t *testing.T) {
	for _, v := range []any{Knot{1, &Knot{2, nil}}, []Knot{{1, nil}}, &struct{ K Knot }{}} {
		_, err := codec.MessagePack.Marshal(struct{ V any }{v}) // the library has no end
		require.ErrorAs(t, err, new(*codec.HiddenFieldError))
		_, err = codec.JSON.Marshal(struct{ V any }{v})
		require.NoError(t, err)
	}
}

func TestOtherCodecsAreNotChecked(t *testing.T) {
	require.NoError(t, codec.CheckType(renamed{codec.JSON, "application/json"}, reflect.TypeFor[Line]()))
}

func TestTypeIsCheckedByManyGoroutinesAtOnce(t *testing.T) {
	type fresh struct{ Lines []Line }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, c := range both {
				_, err := c.Marshal(fresh{})
				if err == nil || !strings.Contains(err.Error(), "fresh.Lines[].total") {
					t.Errorf("%s: %v", c.Name(), err)
				}
			}
		})
	}
	all.Wait()
}
