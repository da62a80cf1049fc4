package targettest

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
)

// added is the event of the rules about runners.
type added struct{ N int }

func (added) EventKind() string { return "account.added" }

func (r *rules[Tx]) runners() []suite.Rule {
	return []suite.Rule{
		{Name: "each event is applied once by runners that come and go", Check: r.comeAndGo},
	}
}

// sums returns a model that adds numbers up: an event that is applied twice shows.
func (r *rules[Tx]) sums() *readmodel.Model[Tx, string, uint64, core.NoMetadata] {
	return readmodel.Define("model", 1, readmodel.On(func(ctx context.Context, tx Tx, e core.Recorded[added, string, uint64, core.NoMetadata]) error {
		value, err := r.Get(ctx, tx, e.Key.ID)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(value)
		return r.Set(ctx, tx, e.Key.ID, strconv.Itoa(n+e.Event.N))
	})).WithBegin(r.Begin)
}

// comeAndGo has runners that are cut off at random moments, two at a time.
func (r *rules[Tx]) comeAndGo(t *testing.T) {
	store, target, model := memory.New[string, core.NoMetadata](), r.Open(t), r.sums()
	ctx, cancel := context.WithCancel(ruleContext(t))
	var runners sync.WaitGroup
	for range 2 {
		mine := r.Again(t, target)
		runners.Go(func() {
			for ctx.Err() == nil {
				dying, kill := context.WithTimeout(ctx, time.Duration(10+rand.IntN(150))*time.Millisecond)
				_ = readmodel.NewRunner(store, mine, model).WithTakeover(100*time.Millisecond).WithBatch(1+rand.IntN(30), time.Millisecond).Run(dying)
				kill()
			}
		})
	}
	want := make(map[string]int)
	for i := range 500 {
		id := strconv.Itoa(i % 5)
		_, err := core.CommitEvents(ctx, store, core.Key[string]{Kind: "account", ID: id}, []core.Event{added{i}}, core.NoMetadata{})
		require.NoError(t, err)
		want[id] += i
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, readmodel.Wait(ctx, store, target, model, core.At(uint64(500))))
	cancel()
	runners.Wait()
	rows, err := r.Rows(ruleContext(t), target, model.Layout())
	require.NoError(t, err)
	for id, n := range want {
		require.Equal(t, strconv.Itoa(n), rows[id], "of %s", id)
	}
}
