package codec_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

func TestTypesThatMessagePackReadsIntoAny(t *testing.T) {
	type event struct{ V any }
	at := time.Unix(1_000_000_000, 7)
	for _, tt := range []struct{ in, out any }{
		{nil, nil},
		{true, true},
		{5, int64(5)},
		{-5, int64(-5)},
		{int64(200), int64(200)},
		{200, uint64(200)},
		{uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{float32(1.5), 1.5},
		{"a", "a"},
		{[]byte{0xff}, "\xff"},
		{at, at.UTC()},
		{[]int{1}, []any{int64(1)}},
		{map[string]int{"a": 1}, map[string]any{"a": int64(1)}},
	} {
		data, err := codec.MessagePack.Marshal(event{tt.in})
		require.NoError(t, err)
		var back event
		require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
		require.Equal(t, tt.out, back.V, "%T", tt.in)
	}
}

func TestTimeThatBeginsLikeAMapIsATime(t *testing.T) {
	type event struct {
		At  time.Time
		Any any
	}
	for _, at := range []time.Time{
		time.Unix(0xdf<<24, 0),              // the body begins like a map of 32-bit length
		time.Unix(1_000_000_000, 936000000), // so does this one
		time.Unix(1_000_000_000, 0x81<<22),  // like a map of one entry
		{},
	} {
		data, err := codec.MessagePack.Marshal(event{at, at})
		require.NoError(t, err)
		var back event
		require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
		require.True(t, at.Equal(back.At), at)
		require.True(t, at.Equal(back.Any.(time.Time)), at)
	}
}

func TestValuesOfEveryLengthComeBack(t *testing.T) {
	type event struct {
		String string
		Bytes  []byte
		Slice  []bool
		Map    map[int]int32
		Ext    msgpackExt
	}
	for _, n := range []int{0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 255, 256, 65535, 65536} {
		in := event{strings.Repeat("a", n), make([]byte, n), make([]bool, n), make(map[int]int32, n), make(msgpackExt, n)}
		for i := range n {
			in.Map[i] = int32(i)
		}
		data, err := codec.MessagePack.Marshal(in)
		require.NoError(t, err)
		var back event
		require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
		require.True(t, reflect.DeepEqual(in, back), "of %d", n)
	}
}

// msgpackExt writes itself as an extension of its length.
type msgpackExt []byte

func (x msgpackExt) EncodeMsgpack(e *msgpack.Encoder) error {
	if err := e.EncodeExtHeader(8, len(x)); err != nil {
		return err
	}
	_, err := e.Writer().Write(x)
	return err
}

func (x *msgpackExt) DecodeMsgpack(d *msgpack.Decoder) error {
	_, n, err := d.DecodeExtHeader()
	if err != nil {
		return err
	}
	*x = make(msgpackExt, n)
	return d.ReadFull(*x)
}

type broken struct{ bytes []byte }

func (b broken) MarshalMsgpack() ([]byte, error)   { return b.bytes, nil }
func (b *broken) UnmarshalMsgpack(bs []byte) error { b.bytes = bs; return nil }

func TestValueThatCouldNotBeReadIsNotWritten(t *testing.T) {
	for _, b := range []broken{{nil}, {[]byte{0xc1}}, {[]byte(`{"a":1}`)}} {
		_, err := codec.MessagePack.Marshal(struct{ B broken }{b})
		require.ErrorContains(t, err, "cannot be read")
	}
	_, err := codec.MessagePack.Marshal(broken{[]byte{0xc0}})
	require.NoError(t, err)
}

func TestTooManyInternedStringsAreRefused(t *testing.T) {
	type named struct {
		Name string `msgpack:",intern"`
	}
	value := func(n int) []named {
		names := make([]named, 0, 2*n)
		for range 2 { // the second time as an extension
			for i := range n {
				names = append(names, named{fmt.Sprintf("name %d", i)})
			}
		}
		return names
	}
	data, err := codec.MessagePack.Marshal(value(129))
	require.NoError(t, err)
	var back []named
	require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
	require.Equal(t, value(129), back)
	_, err = codec.MessagePack.Marshal(value(130))
	require.ErrorContains(t, err, "too many interned strings")
}

func TestErrorOfAMarshalerIsReturned(t *testing.T) {
	for _, c := range both {
		_, err := c.Marshal(failing{})
		require.ErrorIs(t, err, errFailing)
	}
}

var errFailing = errors.New("no")

type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errFailing }
