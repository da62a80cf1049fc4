package wire

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// inCommit is a message at seq with its place in a commit.
func inCommit(seq uint64, id string, index, count int, previous uint64) *Message {
	h := CommitHeader{core.CommitInfo{ID: id, Index: index, Count: count}, count, previous}
	return &Message{Seq: seq, Header: nats.Header{HeaderCommit: {h.String()}}}
}

func external(seq uint64) *Message { return &Message{Seq: seq} }

// randomLog is the events of one aggregate as commits leave them in a stream
// that holds others too.
func randomLog(rng *rand.Rand, withExternal bool) []*Message {
	var log []*Message
	var last, seq uint64
	for c := range 1 + rng.IntN(12) {
		seq += 1 + uint64(rng.IntN(3)*rng.IntN(5)) // events of others come between
		if withExternal && rng.IntN(5) == 0 {
			log = append(log, external(seq))
			last = seq
			continue
		}
		n := 1 + rng.IntN(4)
		for i := range n {
			log = append(log, inCommit(seq+uint64(i), fmt.Sprint("C", c), i, n, last))
		}
		seq += uint64(n) - 1
		last = seq
	}
	return log
}

// check checks messages as a read from a position does.
func check(from uint64, messages ...*Message) error {
	c := Chain{Aggregate: "e.*.a.1", Whole: true, From: from}
	for _, m := range messages {
		if err := c.Add(m); err != nil {
			return err
		}
	}
	return c.End()
}

func newRand(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// A snapshot may stand on any event, also on one in the middle of a commit.
func TestChainCanBeReadFromAnyPosition(t *testing.T) {
	rng := newRand(t)
	for range 300 {
		log := randomLog(rng, true)
		for from := uint64(1); from <= log[len(log)-1].Seq+2; from++ {
			i := 0
			for i < len(log) && log[i].Seq < from {
				i++
			}
			require.NoError(t, check(from, log[i:]...), "from %d of %v", from, log)
		}
	}
}

func TestMissingEventBreaksChain(t *testing.T) {
	rng := newRand(t)
	for range 300 {
		log := randomLog(rng, false)
		for i, gone := range log {
			if i == len(log)-1 && commitCount(t, gone) == 1 {
				continue // nothing tells that it was there
			}
			rest := append(append([]*Message{}, log[:i]...), log[i+1:]...)
			err := check(1, rest...)
			broken, ok := errors.AsType[*ChainError](err)
			require.True(t, ok, "without %d of %d", i, len(log))
			require.Equal(t, "e.*.a.1", broken.Aggregate)
			if i > 0 {
				require.Equal(t, log[i-1].Seq, broken.After)
			}
			if i < len(log)-1 {
				require.Equal(t, log[i+1].Seq, broken.At)
			} else {
				require.Zero(t, broken.At)
			}
		}
	}
}

func commitCount(t *testing.T, m *Message) int {
	h, err := m.Commit()
	require.NoError(t, err)
	return h.Count
}

func TestWrongOrderBreaksChain(t *testing.T) {
	rng := newRand(t)
	for range 300 {
		log := randomLog(rng, false)
		for i := range len(log) - 1 {
			swapped := append([]*Message{}, log...)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			require.Error(t, check(1, swapped...))
			twice := append(append([]*Message{}, log[:i+1]...), log[i:]...)
			require.Error(t, check(1, twice...))
		}
	}
}

func TestChainErrorNamesThePositions(t *testing.T) {
	for name, c := range map[string]struct {
		from uint64
		log  []*Message
		want *ChainError
	}{
		"names an event that is not there": {1,
			[]*Message{inCommit(1, "A", 0, 1, 0), inCommit(5, "B", 0, 1, 4)}, &ChainError{After: 1, At: 5, Previous: 4}},
		"names an event of long ago": {1,
			[]*Message{inCommit(1, "A", 0, 1, 0), inCommit(2, "B", 0, 1, 1), inCommit(3, "C", 0, 1, 1)}, &ChainError{After: 2, At: 3, Previous: 1}},
		"begins with a predecessor": {1, []*Message{inCommit(5, "B", 0, 1, 4)}, &ChainError{At: 5, Previous: 4}},
		"begins in a commit":        {1, []*Message{inCommit(5, "B", 1, 2, 0)}, &ChainError{At: 5, Previous: 4}},
		"ends in a commit":          {1, []*Message{inCommit(5, "B", 0, 2, 0)}, &ChainError{After: 5}},
		"another begins in a commit": {1,
			[]*Message{inCommit(5, "B", 0, 2, 0), inCommit(6, "C", 0, 1, 5)}, &ChainError{After: 5, At: 6, Previous: 5}},
		"an external event in a commit": {1,
			[]*Message{inCommit(5, "B", 0, 2, 0), external(6)}, &ChainError{After: 5, At: 6, Previous: 5}},
		"another's second event": {1,
			[]*Message{inCommit(5, "B", 0, 2, 0), inCommit(6, "C", 1, 2, 0)}, &ChainError{After: 5, At: 6, Previous: 5}},
		"an event of the commit twice": {1,
			[]*Message{inCommit(5, "B", 0, 3, 0), inCommit(6, "B", 1, 3, 0), inCommit(7, "B", 1, 3, 0)}, &ChainError{After: 6, At: 7, Previous: 6}},
		"another count": {1,
			[]*Message{inCommit(5, "B", 0, 2, 0), inCommit(6, "B", 1, 3, 0)}, &ChainError{After: 5, At: 6, Previous: 5}},
		"an event of the commit later": {1,
			[]*Message{inCommit(5, "B", 0, 2, 0), inCommit(7, "B", 1, 2, 0)}, &ChainError{After: 5, At: 7, Previous: 6}},
		"a later start that lacks events": {5, []*Message{inCommit(9, "B", 0, 1, 7)}, &ChainError{At: 9, Previous: 7}},
	} {
		err := check(c.from, c.log...)
		broken, ok := errors.AsType[*ChainError](err)
		require.True(t, ok, "%s: %v", name, err)
		c.want.Aggregate = "e.*.a.1"
		require.Equal(t, c.want, broken, name)
	}
}

func TestChainOfSomeKindsIsNotChecked(t *testing.T) {
	c := Chain{From: 1}
	for _, m := range []*Message{inCommit(5, "B", 1, 3, 0), external(9), inCommit(12, "C", 0, 2, 3)} {
		require.NoError(t, c.Add(m))
	}
	require.NoError(t, c.End())
	require.Equal(t, uint64(12), c.Last)
}
