package codec_test

import (
	"regexp"
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

func TestNamesThatCannotBeTokensAreRefused(t *testing.T) {
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

func TestTokensThatEncodingCannotHaveMadeAreRefused(t *testing.T) {
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

func TestPlainNamesAreTheirOwnTokens(t *testing.T) {
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

func TestPlainNamesCostNoAllocation(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = codec.EncodeToken("ACC-001")
		_, _ = codec.DecodeToken("ACC-001")
	}))
}

func TestAnAggregatesFilterMatchesItsOwnSubjectsOnly(t *testing.T) {
	parts := []string{"a", "b", "a.b", "*", ">", "a.*", "a b", "/", "=", "a/b", "=2E", ".", "\x00", "é"}
	token := func(name string) string {
		token, err := codec.EncodeToken(name)
		require.NoError(t, err)
		return token
	}
	for _, kind := range parts {
		for _, aggregate := range parts {
			for _, id := range parts {
				subject := strings.Join([]string{"events", token(kind), token(aggregate), token(id)}, ".")
				for _, otherAggregate := range parts {
					for _, otherID := range parts {
						filter := "events.*." + token(otherAggregate) + "." + token(otherID)
						own := aggregate == otherAggregate && id == otherID
						require.Equal(t, own, natsMatches(filter, subject), "%s on %s", filter, subject)
					}
				}
			}
		}
	}
}

// natsMatches is the rule of NATS: '*' is any one token, '>' one or more at the end.
func natsMatches(filter, subject string) bool {
	want, have := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, w := range want {
		switch {
		case w == ">" && i == len(want)-1:
			return len(have) > i
		case i == len(have) || have[i] == "":
			return false
		case w != "*" && w != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}

var legalToken = regexp.MustCompile(`\A[-/_=A-Za-z0-9]+\z`)

func FuzzEveryNameComesBackFromItsToken(f *testing.F) {
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

func FuzzEveryDecodedTokenIsTheOneOfItsName(f *testing.F) {
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
