package codec_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

func TestMessagePackInAnyKnowsFewTypes(t *testing.T) {
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
		{at, at},
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

// everything has a field for each way the library has of reading.
type everything struct {
	Any        any
	Int        int8
	Uint       uint64
	Float      float64
	String     string
	Bytes      []byte
	Array      [4]byte
	Time       time.Time
	Pointer    *everything
	Strings    []string
	Slice      []everything
	Map        map[string]any
	StringMap  map[string]string
	IntMap     map[int]*everything
	Money      Money
	Raw        msgpack.RawMessage
	Interned   string `msgpack:",intern"`
	Extension  Point
	DurationOf time.Duration
	Base
}

// hostile is input that the library alone panics on, allocates without end for, or takes though it is damaged.
var hostile = map[string][]byte{
	"empty":                       {},
	"a code that does not exist":  {0xc1},
	"a truncated string":          {0xa5, 'a'},
	"a string of 4 GiB":           {0xdb, 0xff, 0xff, 0xff, 0xff},
	"bytes of 4 GiB":              {0x81, 0xa5, 'B', 'y', 't', 'e', 's', 0xc6, 0xff, 0xff, 0xff, 0xff},
	"a slice of 4 Gi":             {0x81, 0xa5, 'S', 'l', 'i', 'c', 'e', 0xdd, 0xff, 0xff, 0xff, 0xff},
	"an any slice of 4 Gi":        {0x81, 0xa3, 'A', 'n', 'y', 0xdd, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi":               {0x81, 0xa3, 'M', 'a', 'p', 0xdf, 0xff, 0xff, 0xff, 0xff},
	"nil for a time":              {0x81, 0xa4, 'T', 'i', 'm', 'e', 0xc0},
	"a map of 4 Gi in an ext":     {0x81, 0xa3, 'M', 'a', 'p', 0xc7, 5, 9, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in a time":     {0x81, 0xa3, 'M', 'a', 'p', 0xd6, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in an intern":  {0x81, 0xa3, 'M', 'a', 'p', 0xd4, 0x80, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in two exts":   {0x81, 0xa3, 'M', 'a', 'p', 0xc7, 8, 9, 0x81, 0xa0, 0xd7, 9, 0xdf, 0xff, 0xff, 0xff, 0xff, 0, 0, 0},
	"more bytes after the value":  {0xc0, 0xc0},
	"a million slices in a slice": bytes.Repeat([]byte{0x91}, 10_000_000),
}

func TestHostileMessagePackIsAnErrorAndAllocatesLittle(t *testing.T) {
	for name, data := range hostile {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.MessagePack.Unmarshal(data, &everything{})
			runtime.ReadMemStats(&after)

			require.Error(t, err)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
		})
	}
}

func TestATimeThatLooksLikeAMapIsATime(t *testing.T) {
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

type broken struct{ bytes []byte }

func (b broken) MarshalMsgpack() ([]byte, error)   { return b.bytes, nil }
func (b *broken) UnmarshalMsgpack(bs []byte) error { b.bytes = bs; return nil }

func TestMessagePackThatCouldNotBeReadIsNotWritten(t *testing.T) {
	for _, b := range []broken{{nil}, {[]byte{0xc1}}, {[]byte(`{"a":1}`)}} {
		_, err := codec.MessagePack.Marshal(struct{ B broken }{b})
		require.ErrorContains(t, err, "cannot be read")
	}
	_, err := codec.MessagePack.Marshal(broken{[]byte{0xc0}})
	require.NoError(t, err)
}

func TestTheErrorOfAValuesOwnMethodIsPassedOn(t *testing.T) {
	for _, c := range both {
		_, err := c.Marshal(failing{})
		require.ErrorIs(t, err, errFailing)
	}
}

var errFailing = errors.New("no")

type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errFailing }

func FuzzUnmarshalMessagePack(f *testing.F) {
	for name, data := range hostile {
		if name != "a million slices in a slice" {
			f.Add(data)
		}
	}
	whole, err := codec.MessagePack.Marshal(everything{
		Any: map[string]any{"a": []any{1, "b", time.Unix(1, 1)}}, Pointer: &everything{Time: time.Unix(1, 936000000)},
		Strings: []string{"a"}, Slice: []everything{{Interned: "abc"}, {Interned: "abc"}},
		Map: map[string]any{"a": 1}, StringMap: map[string]string{"a": "b"}, IntMap: map[int]*everything{1: {}},
		Raw: msgpack.RawMessage{0xc0}, Bytes: []byte{1},
	})
	require.NoError(f, err)
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, into := range []any{new(any), new(everything), new(map[string]any), new(map[string]string), new(deposit), new([]string), new(time.Time)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.MessagePack.Unmarshal(data, into)
			runtime.ReadMemStats(&after)
			// A byte stands for at most one element, and the largest element is everything: twice, as slices grow.
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20+4096*len(data)), "%T", into)
			if err != nil {
				continue
			}
			if _, ok := into.(*any); ok {
				_, err := codec.MessagePack.Marshal(into)
				require.NoError(t, err)
			}
		}
	})
}

func FuzzEventsComeBackWhole(f *testing.F) {
	f.Add("a", []byte("b"), int64(-1), uint64(200), 1.5, int64(7), int64(936000000))
	f.Fuzz(func(t *testing.T, s string, b []byte, i int64, u uint64, x float64, sec, nsec int64) {
		in := everything{
			String: s, Bytes: b, Int: int8(i), Uint: u, Float: x, DurationOf: time.Duration(i), Base: Base{s}, Interned: s,
			Time: time.Unix(sec%(1<<40), nsec%1e9).UTC(), Money: Money{i}, Strings: []string{s, s}, Extension: Point{1, 2},
			StringMap: map[string]string{s: s}, IntMap: map[int]*everything{1: {Interned: s, Time: time.Unix(sec%1e9, 0).UTC()}},
		}
		if x != x {
			return
		}
		data, err := codec.MessagePack.Marshal(in)
		require.NoError(t, err)
		var back everything
		require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
		require.True(t, in.Time.Equal(back.Time))
		again, err := codec.MessagePack.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.Equal(t, in.String+in.Interned, back.String+back.Interned)
		require.Equal(t, in.Money, back.Money)
		require.Equal(t, in.StringMap, back.StringMap)
	})
}

func TestEveryLengthComesBack(t *testing.T) {
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
		require.Equal(t, in, back)
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
