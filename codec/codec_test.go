package codec_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

func TestNamesOfCodecsNeverChange(t *testing.T) {
	require.Equal(t, "application/json", codec.JSON.Name())
	require.Equal(t, "application/vnd.msgpack", codec.MessagePack.Name())
}

func TestEverySetHoldsJSONAndMessagePack(t *testing.T) {
	for _, set := range []codec.Set{nil, {renamed{codec.JSON, "application/x-json"}}} {
		for _, want := range both {
			got, err := set.ByName(want.Name())
			require.NoError(t, err)
			require.Same(t, want, got)
		}
	}
}

func TestOwnCodecsOfASetComeFirst(t *testing.T) {
	own := renamed{codec.JSON, codec.JSON.Name()}
	got, err := codec.Set{own}.ByName("application/json")
	require.NoError(t, err)
	require.Equal(t, own, got)
}

func TestUnknownCodecIsNamed(t *testing.T) {
	_, err := codec.Set{}.ByName("text/plain")
	var unknown *codec.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "text/plain", unknown.Name)
	require.ErrorContains(t, err, `"text/plain"`)
}

func TestNilAndBasicTypesAreWritten(t *testing.T) {
	for _, c := range both {
		for _, v := range []any{nil, "a", 7, []string{"a"}, map[string]int{"a": 1}, (*deposit)(nil)} {
			data, err := c.Marshal(v)
			require.NoError(t, err, "%s of %T", c.Name(), v)
			var back any
			require.NoError(t, c.Unmarshal(data, &back))
		}
	}
}

func TestBytesAfterTheValueAreRefused(t *testing.T) {
	for _, c := range both {
		data, err := c.Marshal(deposit{Amount: 1})
		require.NoError(t, err)
		var back deposit
		require.NoError(t, c.Unmarshal(data, &back))
		require.Error(t, c.Unmarshal(append(data, data...), &back), c.Name())
		require.Error(t, c.Unmarshal(data[:len(data)-1], &back), c.Name())
		require.Error(t, c.Unmarshal(nil, &back), c.Name())
	}
}

func BenchmarkMarshal(b *testing.B) {
	event := deposit{Amount: 100, At: time.Unix(1, 0).UTC(), Tags: map[string]string{"by": "ada"}}
	for _, bench := range []struct {
		name    string
		marshal func(any) ([]byte, error)
	}{
		{"JSON", codec.JSON.Marshal},
		{"JSON-raw", json.Marshal},
		{"MessagePack", codec.MessagePack.Marshal},
		{"MessagePack-raw", msgpack.Marshal},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = bench.marshal(event)
			}
		})
	}
}
