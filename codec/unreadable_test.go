package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

type (
	shape interface{ Area() int }

	square struct{ Side int }

	// status writes text and reads a number.
	status int

	// percent writes an array for MessagePack and reads a number.
	percent int

	// panicking panics when it is read.
	panicking int

	// picky reads nothing.
	picky int
)

func (s square) Area() int { return s.Side * s.Side }

func (status) MarshalText() ([]byte, error) { return []byte("active"), nil }
func (percent) MarshalJSON() ([]byte, error) {
	return []byte(`"a lot"`), nil
}

func (percent) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString("a lot") }

func (p panicking) MarshalText() ([]byte, error)  { return fmt.Append(nil, int(p)), nil }
func (p *panicking) UnmarshalText(b []byte) error { panic(string(b)) }

func (p picky) MarshalText() ([]byte, error) { return fmt.Append(nil, int(p)), nil }
func (p *picky) UnmarshalText([]byte) error  { return errPicky }

var errPicky = errors.New("no")

// unreadable are values that codecs can write and not read.
var unreadable = map[string]struct {
	codecs codec.Set
	value  any
	hint   string // a part of it
}{
	"an interface":                     {both, struct{ Shape shape }{square{2}}, "field Shape is an interface: a decoder cannot know its type"},
	"an interface behind a pointer":    {both, &struct{ Shape shape }{square{2}}, "field Shape is an interface"},
	"an interface in a list in a map":  {both, struct{ M map[string][]shape }{map[string][]shape{"a": {square{2}}}}, "field M[][] is an interface"},
	"an interface that embedded it":    {both, struct{ Box[shape] }{Box[shape]{square{2}}}, "field Box.Value is an interface"},
	"the standard library's interface": {both, struct{ By fmt.Stringer }{time.Second}, "field By is an interface"},
	"text of a number":                 {both, struct{ S status }{1}, "field S has MarshalText and no method that reads"},
	"text of a number in a list":       {both, struct{ S []status }{[]status{1}}, "field S[] has MarshalText"},
	"text of the value itself":         {both, status(1), "the type has MarshalText"},
	"JSON of a number":                 {onlyJSON, struct{ P percent }{1}, "field P has MarshalJSON and no method that reads"},
	"MessagePack of a number":          {onlyMessagePack, struct{ P percent }{1}, "field P has EncodeMsgpack and no method that reads"},
	"a method that refuses":            {both, struct{ P picky }{1}, ""},
	"a method that panics":             {onlyJSON, struct{ P panicking }{1}, ""},
	"integer keys in any":              {onlyMessagePack, struct{ V any }{map[int]int{1: 2}}, ""},
}

func TestValueThatCannotBeDecodedIsRefused(t *testing.T) {
	for name, tt := range unreadable {
		for _, c := range tt.codecs {
			t.Run(name+" in "+c.Name(), func(t *testing.T) {
				data, err := c.Marshal(tt.value)
				require.Nil(t, data)
				var unreadable *codec.UnreadableError
				require.ErrorAs(t, err, &unreadable)
				require.Equal(t, c.Name(), unreadable.Codec)
				require.IsType(t, tt.value, zero(unreadable.Type))
				require.ErrorContains(t, err, unreadable.Err.Error())
				require.ErrorContains(t, err, tt.hint)
				require.Equal(t, tt.hint == "", unreadable.Hint == "", unreadable.Hint)
				require.Error(t, roundTripUnchecked(c, tt.value), "the library alone reads it")
			})
		}
	}
}

func TestReasonOfADecoderIsReturned(t *testing.T) {
	for _, c := range both {
		_, err := c.Marshal(struct{ P picky }{1})
		require.ErrorIs(t, err, errPicky)
	}
}

func TestWhatAnInterfaceDoesNotHoldCanBeDecoded(t *testing.T) {
	for _, c := range both {
		data, err := c.Marshal(struct{ Shape shape }{nil})
		require.NoError(t, err)
		var back struct{ Shape shape }
		require.NoError(t, c.Unmarshal(data, &back))
		require.Nil(t, back.Shape)
	}
}

// forgetful is a codec that writes what it cannot read, as far as types tell.
type forgetful struct{ codec.Codec }

func (forgetful) Marshal(v any) ([]byte, error) { return json.Marshal(v) }

func TestEveryOtherCodecIsReadBack(t *testing.T) {
	c := forgetful{codec.JSON}
	_, err := codec.Encode(c, "", struct{ Shape shape }{square{2}})
	var unreadable *codec.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, c.Name(), unreadable.Codec)
	data, err := codec.Encode(c, "", deposit{Amount: 1})
	require.NoError(t, err)
	require.Contains(t, string(data), `"Amount":1`)
	_, err = codec.Encode(c, "", nil)
	require.NoError(t, err)
}

// counting counts how often it is read.
type counting struct{ N int }

var reads int

func (c counting) MarshalText() ([]byte, error) { return fmt.Append(nil, c.N), nil }
func (c *counting) UnmarshalText(b []byte) error {
	reads++
	_, err := fmt.Sscan(string(b), &c.N)
	return err
}

func TestOnlyTypesInDoubtAreReadBack(t *testing.T) {
	for _, c := range both {
		reads = 0
		_, err := c.Marshal(struct{ C counting }{counting{1}})
		require.NoError(t, err)
		require.Equal(t, 1, reads)
		copied, err := codec.Copier[counting](c)(counting{2})
		require.NoError(t, err)
		require.Equal(t, counting{2}, copied)
		require.Equal(t, 2, reads, "a copy is read once")
	}
}
