package codec_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

var legalToken = regexp.MustCompile(`\A[-/_=A-Za-z0-9]+\z`)

func FuzzNameComesBackFromItsToken(f *testing.F) {
	for _, name := range []string{"a", "account.deposited", "=41", "a/b", "*", ">", "\xff\xfe", "é", " ", strings.Repeat("é", 127)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		token, err := codec.EncodeToken(name)
		if name == "" || len(name) > codec.MaxToken {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Regexp(t, legalToken, token)
		back, err := codec.DecodeToken(token)
		require.NoError(t, err)
		require.Equal(t, name, back)
	})
}

func FuzzDifferentNamesHaveDifferentTokens(f *testing.F) {
	f.Add("a.b", "a/b")
	f.Add("=2E", ".")
	f.Add("A", "=41")
	f.Fuzz(func(t *testing.T, a, b string) {
		tokenA, errA := codec.EncodeToken(a)
		tokenB, errB := codec.EncodeToken(b)
		if errA == nil && errB == nil {
			require.Equal(t, a == b, tokenA == tokenB)
		}
	})
}

func FuzzDecodedTokenIsTheTokenOfItsName(f *testing.F) {
	for _, token := range []string{"a", "account/deposited", "=41", "=2a", "=2A", "=", "=2", "a.b", "é", "//", "=2E", "=3D3D"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		name, err := codec.DecodeToken(token)
		if err != nil {
			return
		}
		again, err := codec.EncodeToken(name)
		require.NoError(t, err)
		require.Equal(t, token, again)
	})
}
