package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

func TestNamesAreEncodedAsDocumented(t *testing.T) {
	for name, token := range map[string]string{
		"account":           "account",
		"ACC-001_b":         "ACC-001_b",
		"account.deposited": "account/deposited",
		"a/b":               "a=2Fb",
		"a=b":               "a=3Db",
		"*":                 "=2A",
		">":                 "=3E",
		"two words":         "two=20words",
		"..":                "//",
		"é":                 "=C3=A9",
		"\xff\x00":          "=FF=00",
	} {
		got, err := codec.EncodeToken(name)
		require.NoError(t, err)
		require.Equal(t, token, got)

		back, err := codec.DecodeToken(token)
		require.NoError(t, err)
		require.Equal(t, name, back)
	}
}

func TestNameOfBadLengthIsRefused(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("a", 256), strings.Repeat(".", 256)} {
		_, err := codec.EncodeToken(name)
		var bad *codec.TokenError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, name, bad.Input)
	}
	for _, name := range []string{strings.Repeat("a", codec.MaxToken), strings.Repeat("\x00", codec.MaxToken)} {
		token, err := codec.EncodeToken(name)
		require.NoError(t, err)
		back, err := codec.DecodeToken(token)
		require.NoError(t, err)
		require.Equal(t, name, back)
	}
}

func TestTokenOfNoNameIsRefused(t *testing.T) {
	for what, token := range map[string]string{
		"empty":                       "",
		"lower-case digits":           "=2a",
		"a letter that is escaped":    "=41",
		"a dash that is escaped":      "=2D",
		"a dot that is escaped":       "=2E",
		"not digits":                  "=GG",
		"a truncated escape":          "a=2",
		"an escape without digits":    "a=",
		"a dot":                       "a.b",
		"a wildcard":                  "a*",
		"a byte outside ASCII":        "é",
		"a name too long":             strings.Repeat("a", 256),
		"a name too long and escaped": strings.Repeat("/", 256),
	} {
		_, err := codec.DecodeToken(token)
		var bad *codec.TokenError
		require.ErrorAs(t, err, &bad, what)
		require.Equal(t, token, bad.Input, what)
		require.Less(t, len(err.Error()), 500, what)
	}
}

func TestPlainNameIsItsOwnToken(t *testing.T) {
	for name, plain := range map[string]bool{
		"azAZ09-_": true, strings.Repeat("a", 300): true,
		"": false, "a.b": false, "a/b": false, "a=b": false, "*": false, ">": false, "a b": false, "é": false, "a\xff": false,
		"@": false, "[": false, "`": false, "{": false, ":": false,
	} {
		require.Equal(t, plain, codec.IsPlain(name), "%q", name)
		if token, err := codec.EncodeToken(name); err == nil {
			require.Equal(t, plain, token == name, "%q", name)
		}
	}
}

func TestPlainNameIsNotAllocated(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = codec.EncodeToken("ACC-001")
		_, _ = codec.DecodeToken("ACC-001")
	}))
}
