//go:build power

package powerfs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

type (
	store       = jetstream.Store[string, core.NoMetadata]
	storeCommit = core.Commit[string, uint64, core.NoMetadata]
	storeKey    = core.Key[string]
	storeFilter = core.Filter[string, uint64]
)

// mark is in the payload of every event: it names the commit that a client asked for,
// and the place of the event in it. Text makes the event as long as chance will.
type mark struct {
	Op    string `json:"op"`
	Part  int    `json:"part"`
	Index int    `json:"index"`
	Text  string `json:"text,omitempty"`
}

type (
	noted   struct{ mark }
	counted struct{ mark }
)

func (noted) EventKind() string   { return "noted" }
func (counted) EventKind() string { return "counted" }

var eventKinds = []string{noted{}.EventKind(), counted{}.EventKind()}

func events(op string, part, n, length int) []core.Event {
	all := make([]core.Event, n)
	for i := range all {
		m := mark{op, part, i, strings.Repeat("x", length)}
		if i%2 == 0 {
			all[i] = noted{m}
		} else {
			all[i] = counted{m}
		}
	}
	return all
}

// aggregates are what all writers commit to.
func aggregates() []storeKey {
	keys := make([]storeKey, 10)
	for i := range keys {
		keys[i] = storeKey{Kind: "item", ID: fmt.Sprint("i", i)}
	}
	return keys
}

func tokens(k storeKey) string { return k.Kind + "." + k.ID }

// answers records what clients ask for and what they are answered.
type answers struct {
	begun   time.Time
	timeout time.Duration // of a writer with a commit

	mu    sync.Mutex // guards what follows
	ops   []history.Op
	acked int // all that ever were
}

func (a *answers) now() time.Duration { return time.Since(a.begun) }

// more tells whether some more commits were acked.
func (a *answers) more(n int) func() bool {
	n += a.count()
	return func() bool { return a.count() >= n }
}

func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.acked
}

// commit commits and records the answer.
func (a *answers) commit(ctx context.Context, s *store, op string, commits ...storeCommit) error {
	o := history.Op{ID: op, Interval: history.Interval{Call: a.now()}}
	for _, c := range commits {
		expected, _ := c.Expected.Position()
		o.Parts = append(o.Parts, history.Part{Aggregate: tokens(c.Key), Unchecked: c.Unchecked, Expected: expected, Events: len(c.Events)})
	}
	recorded, err := s.Commit(ctx, commits...)
	o.Return = a.now()
	switch {
	case err == nil:
		o.Outcome = history.Acked
		for i, one := range recorded {
			o.Parts[i].Position = one.Position
		}
	case errors.Is(err, core.ErrConflict):
		o.Outcome = history.Conflict
	case errors.Is(err, core.ErrUnknownOutcome):
		o.Outcome = history.Ambiguous
	default:
		o.Outcome = history.Rejected
	}
	if err != nil {
		o.Error = err.Error()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ops = append(a.ops, o)
	if err == nil {
		a.acked++
	}
	return err
}

// write commits single events, several of them, and to several aggregates, until
// stop is closed.
func (a *answers) write(ctx context.Context, stop <-chan struct{}, s *store, name string, r *rand.Rand) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		op := fmt.Sprintf("%s-%d", name, n)
		if commits := randomCommits(ctx, s, op, r); len(commits) > 0 {
			ctx, cancel := context.WithTimeout(ctx, a.timeout)
			_ = a.commit(ctx, s, op, commits...)
			cancel()
		}
	}
}

// randomCommits returns what is committed at once. An aggregate whose version is not
// known, because the server is away, is left out.
func randomCommits(ctx context.Context, s *store, op string, r *rand.Rand) (commits []storeCommit) {
	length := r.IntN(600)
	if r.IntN(40) == 0 {
		length = r.IntN(60_000)
	}
	several := 1
	if r.IntN(4) == 0 {
		several = 2 + r.IntN(3)
	}
	keys := aggregates()
	for _, i := range r.Perm(len(keys))[:several] {
		c := storeCommit{Key: keys[i], Unchecked: r.IntN(2) == 0}
		n := 1 + r.IntN(4)*r.IntN(2)
		if !c.Unchecked {
			v, err := s.Version(ctx, keys[i])
			if err != nil {
				continue
			}
			c.Expected = v
		}
		c.Events = events(op, len(commits), n, length)
		commits = append(commits, c)
	}
	return commits
}
