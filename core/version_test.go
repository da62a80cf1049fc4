package core_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

type structured struct {
	Shard, Offset int
}

func roundTrip[Pos comparable](t *testing.T, v core.Version[Pos], wantJSON, wantText string) {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, wantJSON, string(data))
	text, err := v.MarshalText()
	require.NoError(t, err)
	require.Equal(t, wantText, string(text))

	var fromJSON, fromText core.Version[Pos]
	require.NoError(t, json.Unmarshal(data, &fromJSON))
	require.NoError(t, fromText.UnmarshalText(text))
	require.Equal(t, v, fromJSON)
	require.Equal(t, v, fromText)
}

func TestVersionMarshalsAndUnmarshals(t *testing.T) {
	roundTrip(t, core.Version[uint64]{}, `null`, ``)
	roundTrip(t, core.At(uint64(0)), `0`, `0`)
	roundTrip(t, core.At(^uint64(0)), `18446744073709551615`, `18446744073709551615`)
	roundTrip(t, core.At("a \"b\""), `"a \"b\""`, `"a \"b\""`)
	roundTrip(t, core.At(""), `""`, `""`)
	roundTrip(t, core.Version[string]{}, `null`, ``)
	roundTrip(t, core.At(structured{1, 2}), `{"Shard":1,"Offset":2}`, `{"Shard":1,"Offset":2}`)
	roundTrip(t, core.At(struct{}{}), `{}`, `{}`)
	roundTrip(t, core.Version[struct{}]{}, `null`, ``)
}

func TestVersionMarshalsInsideAValue(t *testing.T) {
	type answer struct {
		Version core.Version[uint64]  `json:"version"`
		None    core.Version[uint64]  `json:"none"`
		Pointer *core.Version[uint64] `json:"pointer"`
	}
	eight := core.At(uint64(8))
	want := answer{Version: core.At(uint64(7)), Pointer: &eight}
	data, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"version":7,"none":null,"pointer":8}`, string(data))
	var got answer
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, want, got)
}

func TestUnmarshalReplacesAVersion(t *testing.T) {
	v := core.At(uint64(7))
	require.NoError(t, json.Unmarshal([]byte(`null`), &v))
	require.True(t, v.IsZero())
	v = core.At(uint64(7))
	require.NoError(t, v.UnmarshalText(nil))
	require.Equal(t, core.Version[uint64]{}, v)
}

func TestBadVersionIsRefusedAndChangesNothing(t *testing.T) {
	for _, text := range []string{"-1", "1.5", `"1"`, "abc", "{}", "[]", "true", "1 2", "18446744073709551616", "none", " "} {
		v := core.At(uint64(7))
		require.Error(t, v.UnmarshalJSON([]byte(text)), "JSON %q", text)
		require.Error(t, v.UnmarshalText([]byte(text)), "text %q", text)
		require.Equal(t, core.At(uint64(7)), v)
	}
	v := core.At(uint64(7))
	require.Error(t, v.UnmarshalText([]byte("null")))
	require.Equal(t, core.At(uint64(7)), v)
}

func TestVersionsCompareByPosition(t *testing.T) {
	var none core.Version[uint64]
	require.True(t, none.IsZero())
	require.False(t, core.At(uint64(0)).IsZero())
	require.NotEqual(t, none, core.At(uint64(0)))
	require.Equal(t, core.At(uint64(3)), core.At(uint64(3)))
	require.Equal(t, "none", none.String())
	require.Equal(t, "3", core.At(uint64(3)).String())
	position, ok := core.At(uint64(3)).Position()
	require.True(t, ok)
	require.Equal(t, uint64(3), position)
	_, ok = none.Position()
	require.False(t, ok)
}

func FuzzVersion(f *testing.F) {
	for _, seed := range []string{"", "0", "7", "null", "18446744073709551615", "-1", `"x"`, " 7 ", "7 null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		again(t, new(core.Version[uint64]), text)
		again(t, new(core.Version[string]), text)
		again(t, new(core.Version[structured]), text)
	})
}

// again checks that a token that is read is written so that it is read the same.
func again[Pos comparable](t *testing.T, v *core.Version[Pos], text string) {
	if v.UnmarshalText([]byte(text)) != nil {
		require.True(t, v.IsZero())
		return
	}
	written, err := v.MarshalText()
	require.NoError(t, err)
	var read core.Version[Pos]
	require.NoError(t, read.UnmarshalText(written))
	require.Equal(t, *v, read)

	data, err := json.Marshal(*v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &read))
	require.Equal(t, *v, read)
}
