package storetest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

const (
	seedVariable = "JETSOURCE_SEED"
	modelSteps   = 200
)

func (s *rules[ID, Pos, M]) model() []rule {
	return []rule{{Name: "random operations do what they do to a list", Check: s.randomOperations}}
}

// model is what the store should hold: a list of all events, in order.
type model[ID, Pos comparable, M any] struct {
	*probe[ID, Pos, M]
	random *rand.Rand
	log    []entry[ID, Pos]
	ids    map[string]int // the commits whose ids were seen, by number
	steps  int            // done so far, which numbers the commits as well
	next   int64          // the next event's number
}

// entry is an event of the model.
type entry[ID, Pos comparable] struct {
	key       core.Key[ID]
	event     core.Event
	position  core.Version[Pos] // zero until the store told it
	metadata  int
	commandID string
	commit    int
	place     core.CommitInfo // without the id
}

func (s *rules[ID, Pos, M]) randomOperations(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("run this again with %s=%d", seedVariable, seed)
	m := &model[ID, Pos, M]{probe: s.open(t), random: rand.New(rand.NewPCG(seed, 0)), ids: make(map[string]int)}
	for m.steps = range modelSteps {
		switch m.random.IntN(8) {
		case 0, 1, 2:
			m.commitOne()
		case 3:
			m.commitSeveral()
		case 4, 5, 6:
			m.read()
		default:
			key := m.anyKey()
			m.wantVersion(key, m.versionOf(key))
		}
		if t.Failed() {
			t.Fatalf("in step %d, with %d events", m.steps, len(m.log))
		}
	}
	m.check("at the end", m.load(core.Filter[ID, Pos]{}), m.log)
}

func (m *model[ID, Pos, M]) anyKey() core.Key[ID] {
	return core.Key[ID]{Kind: []string{aggregateKind, aggregateKind + ".other"}[m.random.IntN(2)], ID: m.ID(m.random.IntN(3))}
}

func (m *model[ID, Pos, M]) versionOf(key core.Key[ID]) core.Version[Pos] {
	for _, e := range slices.Backward(m.log) {
		if e.key == key {
			return e.position
		}
	}
	return core.Version[Pos]{}
}
