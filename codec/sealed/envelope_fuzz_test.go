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
	f.Add([]byte(`{"a":["5WpzAg=="]}`))
	f.Add([]byte("\x81\x01\x92\xa1a\xc4\x04\xe5js\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if again, err := sealed.DecodeEnvelope(data); err == nil && !bytes.Equal(again, data) {
			t.Fatalf("%x is also %x", again, data)
		} else if err != nil {
			require.ErrorIs(t, err, sealed.ErrDamaged)
		}
		if again, err := sealed.DecodeKeyRecord(data); err == nil && !bytes.Equal(again, data) {
			t.Fatalf("%x is also %x", again, data)
		}
		for _, inner := range codecs { // what a program shows that has neither types nor keys
			event, _, err := sealed.Untyped(inner.Name()+";sealed", kind, sealed.WithSum(data, kind))
			require.True(t, err == nil || event == nil)
		}
		back := registered{}
		if err := c.UnmarshalKind(kind, data, &back); err == nil {
			_, err := c.MarshalKind(kind, back)
			require.NoError(t, err)
		}
	})
}
