package sealed_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
)

// Each bit of an envelope is checked by itself, also where the sum of the event is right: by
// whoever can write events, and has no key.
func TestEveryFlippedBitOfAnEnvelopeIsAnErrorWithARightSum(t *testing.T) {
	type person struct {
		ID   string `sealed:"subject"`
		Name string `sealed:"personal"`
	}
	type forged struct {
		ID   string
		Name []byte
	}
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
			data, err := c.MarshalKind(kind, person{"ada", "Ada Lovelace"})
			require.NoError(t, err)
			var f forged
			require.NoError(t, c.UnmarshalKind(kind, data, &f))
			read := func(envelope []byte) error {
				data, err := c.MarshalKind(kind, forged{"ada", envelope})
				require.NoError(t, err)
				return c.UnmarshalKind(kind, data, new(person))
			}
			require.NoError(t, read(f.Name), "the control")
			for i := range len(f.Name) * 8 {
				flipped := bytes.Clone(f.Name)
				flipped[i/8] ^= 1 << (i % 8)
				require.Error(t, read(flipped), "bit %d of %d", i, len(f.Name)*8)
			}
			for n := range f.Name {
				require.Error(t, read(f.Name[:n]), "cut off at %d", n)
			}
			t.Logf("%d bits", len(f.Name)*8)
		})
	}
}

// So is each bit of what the key store has.
func TestEveryFlippedBitOfAKeyIsAnError(t *testing.T) {
	kms, err := sealed.NewLocalKMS("2026", bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	for name, cfg := range map[string]sealed.Config{"plain": {}, "wrapped": {KMS: kms}} {
		t.Run(name, func(t *testing.T) {
			keys := new(sealed.MemoryKeys)
			c := newCodec(t, keys, cfg)
			data, err := c.MarshalKind(kind, registered{Customer: "ada", Email: "x"})
			require.NoError(t, err)
			value, _, err := keys.Load(t.Context(), "ada")
			require.NoError(t, err)
			read := func(value []byte) error {
				return newCodec(t, sameKey{KeyStore: keys, value: value}, cfg).UnmarshalKind(kind, data, new(registered))
			}
			require.NoError(t, read(value), "the control")
			for i := range len(value) * 8 {
				flipped := bytes.Clone(value)
				flipped[i/8] ^= 1 << (i % 8)
				require.ErrorIs(t, read(flipped), sealed.ErrDamaged, "bit %d", i)
			}
			t.Logf("%d bits", len(value)*8)
		})
	}
}
