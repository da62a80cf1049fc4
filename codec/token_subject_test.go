package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

func TestFilterOfAnAggregateMatchesItsSubjectsOnly(t *testing.T) {
	parts := []string{"a", "b", "a.b", "*", ">", "a.*", "a b", "/", "=", "a/b", "=2E", ".", "\x00", "é"}
	token := func(name string) string {
		token, err := codec.EncodeToken(name)
		require.NoError(t, err)
		return token
	}
	tokens := make(map[string]string)
	for _, p := range parts {
		tokens[p] = token(p)
	}
	for _, kind := range parts {
		for _, aggregate := range parts {
			for _, id := range parts {
				subject := strings.Join([]string{"events", tokens[kind], tokens[aggregate], tokens[id]}, ".")
				for _, otherAggregate := range parts {
					for _, otherID := range parts {
						filter := "events.*." + tokens[otherAggregate] + "." + tokens[otherID]
						own := aggregate == otherAggregate && id == otherID
						if natsMatches(filter, subject) != own {
							t.Fatalf("%s on %s: %t", filter, subject, !own)
						}
					}
				}
			}
		}
	}
}

// natsMatches matches as NATS does: '*' is any one token, '>' is one or more at the end.
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
