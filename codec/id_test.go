package codec_test

import (
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

type (
	customer string
	digest   [4]byte
	// folded has its text in lower case, so two ids may have one text.
	folded struct{ name string }
	// oneWay is a string that marshals to text and does not unmarshal.
	oneWay string
)

func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != 8 {
		return fmt.Errorf("digest of %d digits", len(text))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

func (f folded) MarshalText() ([]byte, error) { return []byte(strings.ToLower(f.name)), nil }

func (f *folded) UnmarshalText(text []byte) error {
	f.name = string(text)
	return nil
}

func (s oneWay) MarshalText() ([]byte, error) { return []byte("state:" + s), nil }

var _ encoding.TextMarshaler = oneWay("")

func TestIDComesBackFromItsToken(t *testing.T) {
	names, err := codec.NewIDs[customer]()
	require.NoError(t, err)
	token, err := names.Token("a.b/c\xff")
	require.NoError(t, err)
	require.Equal(t, "a/b=2Fc=FF", token)
	id, err := names.ID(token)
	require.NoError(t, err)
	require.Equal(t, customer("a.b/c\xff"), id)

	digests, err := codec.NewIDs[digest]()
	require.NoError(t, err)
	token, err = digests.Token(digest{0xde, 0xad, 0xbe, 0xef})
	require.NoError(t, err)
	require.Equal(t, "deadbeef", token)
	back, err := digests.ID(token)
	require.NoError(t, err)
	require.Equal(t, digest{0xde, 0xad, 0xbe, 0xef}, back)
}

func TestTypeWithoutTextIsRefusedAsID(t *testing.T) {
	for name, err := range map[string]error{
		"int":                  second(codec.NewIDs[int]()),
		"struct":               second(codec.NewIDs[struct{ A string }]()),
		"pointer":              second(codec.NewIDs[*digest]()),
		"one way only":         second(codec.NewIDs[oneWay]()),
		"interface of several": second(codec.NewIDs[encoding.TextMarshaler]()),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := errors.AsType[*codec.IDTypeError](err)
			require.True(t, ok, "%v", err)
		})
	}
}

func TestIDWithTheTextOfAnotherIsRefused(t *testing.T) {
	ids, err := codec.NewIDs[folded]()
	require.NoError(t, err)
	_, err = ids.Token(folded{"Ada"})
	require.ErrorContains(t, err, "is that of another id")
	token, err := ids.Token(folded{"ada"})
	require.NoError(t, err)
	require.Equal(t, "ada", token)
	_, err = ids.Token(folded{})
	_, ok := errors.AsType[*codec.TokenError](err)
	require.True(t, ok, "%v", err)
}

func TestTokenThatNoIDHasIsRefused(t *testing.T) {
	ids, err := codec.NewIDs[digest]()
	require.NoError(t, err)
	for _, token := range []string{"DEADBEEF", "dead", "deadbee=67", "", "xxxxxxxx"} {
		_, err := ids.ID(token)
		require.Error(t, err, token)
	}
}

func second[T any](_ T, err error) error { return err }
