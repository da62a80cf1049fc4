package codec_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

func TestUntypedShowsAsJSONWhatACodecWrote(t *testing.T) {
	type inner struct{ Raw []byte }
	type event struct {
		Text  string
		Count uint64
		At    time.Time
		ByKey map[int]inner
		List  []any
	}
	e := event{"a", 1 << 63, time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), map[int]inner{7: {[]byte("\xff")}}, []any{"x", true, nil}}
	want, err := json.Marshal(e)
	require.NoError(t, err)
	for _, c := range []codec.Codec{codec.JSON, codec.MessagePack} {
		data, err := c.Marshal(e)
		require.NoError(t, err)
		v, err := codec.Untyped(c.Name(), data)
		require.NoError(t, err)
		got, err := json.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
		for n := range data {
			_, err := codec.Untyped(c.Name(), data[:n])
			require.Error(t, err, "%s cut off at %d", c.Name(), n)
		}
		_, err = codec.Untyped(c.Name(), append(data, data...))
		require.Error(t, err)
	}
	_, err = codec.Untyped("other", nil)
	require.ErrorAs(t, err, new(*codec.UnknownError))
}
