package reader

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func inCommit(seq uint64, header string) *wire.Message {
	return &wire.Message{Seq: seq, Header: nats.Header{wire.HeaderCommit: {header}}}
}

// While the leader is asked for the end of a commit, the log goes on: another commit
// behind the end is no sign that the end is missing.
func TestOnlyAnotherCommitInItsPlaceTearsAHeldOne(t *testing.T) {
	for name, c := range map[string]struct {
		last *wire.Message
		torn bool
	}{
		"an empty log":                  {nil, false},
		"the held message":              {inCommit(5, "A 0 0/3 3 0"), false},
		"the next of the commit":        {inCommit(6, "A 0 1/3 3 0"), false},
		"another commit in its place":   {inCommit(6, "B 0 0/1 1 0"), true},
		"another commit for its end":    {inCommit(7, "B 0 1/2 2 0"), true},
		"a message of another program":  {&wire.Message{Seq: 6}, true},
		"another commit behind its end": {inCommit(8, "B 0 0/1 1 0"), false},
		"an older message":              {inCommit(4, "B 0 0/1 1 0"), false},
	} {
		var h hold
		require.Empty(t, h.add(inCommit(5, "A 0 0/3 3 0")))
		require.Equal(t, c.torn, h.isTornBy(c.last), name)
	}
}
