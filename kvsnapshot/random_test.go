package kvsnapshot_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// Several programs use one log and one bucket, each with a policy, a codec and a
// compression of its own, while snapshots are damaged at random. What any of them
// loads is the result of a replay. JETSOURCE_SEED repeats a run.
func TestDamagedSnapshotsNeverChangeAState(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("JETSOURCE_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("JETSOURCE_SEED=%d", seed)
	r := &randomly{rnd: rand.New(rand.NewPCG(seed, 0)), ids: []string{"a", "b", "a.b"}}
	r.fixture = newFixture(t, newConfig(1))
	for every := 1; every <= 7; every++ {
		cfg := r.cfg
		cfg.Policy = core.SnapshotEvery(every)
		cfg.Codec = []codec.Codec{codec.JSON, codec.MessagePack}[every%2]
		cfg.Compression = kvsnapshot.Compression(every % 3)
		r.repos = append(r.repos, r.plain.WithSnapshots(open(t, cfg)))
	}
	for step := range 200 {
		r.act(step)
		id := r.id()
		r.requireReplay(r.anyRepo(), r.plain, id, "step %d, JETSOURCE_SEED=%d", step, seed)
	}
	logged.drain()
}

// randomly is a fixture that acts at random.
type randomly struct {
	*fixture
	rnd   *rand.Rand
	ids   []string
	repos []*repository
	old   [][]byte // values that were stored before
}

func (r *randomly) id() string           { return r.ids[r.rnd.IntN(len(r.ids))] }
func (r *randomly) anyRepo() *repository { return r.repos[r.rnd.IntN(len(r.repos))] }

// act commits, or damages a snapshot.
func (r *randomly) act(step int) {
	id := r.id()
	ctx, repo := r.Context(), r.anyRepo()
	switch r.rnd.IntN(12) {
	case 0:
		repo = repo.Unchecked()
	case 1:
		ctx = core.WithCommandID(ctx, fmt.Sprint(r.rnd.IntN(30)))
	case 2, 3:
		r.damage(id)
		return
	case 4:
		if r.rnd.IntN(20) == 0 {
			r.recreate()
			return
		}
	}
	events := []core.Event{paid{step}, renamed{fmt.Sprint(step)}, opened{"ada"}}
	_, err := repo.Upsert(ctx, id, emit(events[r.rnd.IntN(3):]...))
	require.NoError(r, err)
}

// damage changes the stored snapshot of an aggregate.
func (r *randomly) damage(id string) {
	token, err := codec.EncodeToken(id)
	require.NoError(r, err)
	key := r.name(token)
	e, err := r.bucket.Get(r.Context(), key)
	if err != nil {
		return // there is none
	}
	value := bytes.Clone(e.Value())
	r.old = append(r.old, e.Value())
	switch r.rnd.IntN(6) {
	case 0:
		value[r.rnd.IntN(len(value))] ^= byte(1 + r.rnd.IntN(255))
	case 1:
		value = value[:r.rnd.IntN(len(value))]
	case 2:
		value = append(value, byte(r.rnd.Uint32()))
	case 3:
		value = r.old[r.rnd.IntN(len(r.old))] // of another aggregate, or older
	case 4:
		require.NoError(r, r.bucket.Delete(r.Context(), key))
		return
	case 5:
		other := r.old[r.rnd.IntN(len(r.old))]
		copy(value[r.rnd.IntN(len(value)):], other[r.rnd.IntN(len(other)):])
	}
	_, err = r.bucket.Put(r.Context(), key, value)
	require.NoError(r, err)
}
