package codec_test

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

// everything has a field for each way in which the library reads a value.
type everything struct {
	scalars
	collections
	Base
	Any       any
	Pointer   *everything
	Slice     []everything
	IntMap    map[int]*everything
	Extension Point
}

type scalars struct {
	Int        int8
	Uint       uint64
	Float      float64
	String     string
	Interned   string `msgpack:",intern"`
	Time       time.Time
	DurationOf time.Duration
	Money      Money
}

type collections struct {
	Bytes     []byte
	Array     [4]byte
	Strings   []string
	Map       map[string]any
	StringMap map[string]string
	Raw       msgpack.RawMessage
}

func FuzzUnmarshalMessagePack(f *testing.F) {
	for name, data := range hostile {
		if name != "a million slices in a slice" {
			f.Add(data)
		}
	}
	whole, err := codec.MessagePack.Marshal(everything{
		Any:     map[string]any{"a": []any{1, "b", time.Unix(1, 1)}},
		Pointer: &everything{scalars: scalars{Time: time.Unix(1, 936000000)}},
		Slice:   []everything{{scalars: scalars{Interned: "abc"}}, {scalars: scalars{Interned: "abc"}}},
		IntMap:  map[int]*everything{1: {}},
		collections: collections{
			Bytes: []byte{1}, Strings: []string{"a"}, Raw: msgpack.RawMessage{0xc0},
			Map: map[string]any{"a": 1}, StringMap: map[string]string{"a": "b"},
		},
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

func FuzzMessagePackComesBackWhole(f *testing.F) {
	f.Add("a", []byte("b"), int64(-1), uint64(200), 1.5, int64(7), int64(936000000))
	f.Fuzz(func(t *testing.T, s string, b []byte, i int64, u uint64, x float64, sec, nsec int64) {
		in := everything{
			scalars: scalars{
				Int: int8(i), Uint: u, Float: x, String: s, Interned: s,
				Time: time.Unix(sec%(1<<40), nsec%1e9).UTC(), DurationOf: time.Duration(i), Money: Money{i},
			},
			collections: collections{Bytes: b, Strings: []string{s, s}, StringMap: map[string]string{s: s}},
			Base:        Base{s}, Extension: Point{1, 2},
			IntMap: map[int]*everything{1: {scalars: scalars{Interned: s, Time: time.Unix(sec%1e9, 0).UTC()}}},
		}
		if math.IsNaN(x) {
			return // equal to nothing
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
