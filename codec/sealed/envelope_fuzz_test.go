package sealed_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
)

// An envelope has one encoding, and whatever is not one is an error.
func FuzzEnvelope(f *testing.F) {
	c := newCodec(f, new(sealed.MemoryKeys), sealed.Config{})
	for _, v := range []registered{{"ada", "x", "y", ""}, {}} {
		data, err := c.MarshalKind(kind, v)
		require.NoError(f, err)
		var raw struct{ Email []byte }
		require.NoError(f, c.UnmarshalKind(kind, data, &raw))
		f.Add(raw.Email)
		f.Add(data)
	}
	f.Add([]byte("\xe5js\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if again, err := sealed.DecodeEnvelope(data); err == nil && !bytes.Equal(again, data) {
			t.Fatalf("%x is also %x", again, data)
		} else if err != nil {
			require.ErrorIs(t, err, sealed.ErrDamaged)
		}
		if again, err := sealed.DecodeKeyRecord(data); err == nil && !bytes.Equal(again, data) {
			t.Fatalf("%x is also %x", again, data)
		}
		back := registered{}
		if err := c.UnmarshalKind(kind, data, &back); err == nil {
			_, err := c.MarshalKind(kind, back)
			require.NoError(t, err)
		}
	})
}
