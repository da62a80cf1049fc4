package core_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// spy is a store that notes what it is asked, and fails when it is told to.
type spy struct {
	*memory.Store[string, core.NoMetadata]
	loads   []core.Filter[string, uint64]
	commits int
	before  func() error // each commit; its error is the commit's
}

func newSpy() *spy {
	return &spy{Store: memory.New[string, core.NoMetadata](), before: func() error { return nil }}
}

func (s *spy) repo() *accountRepo { return core.NewRepository(s, accounts) }

// events is how many there are.
func (s *spy) events(t *testing.T) int {
	t.Helper()
	latest, err := s.LatestVersion(t.Context())
	require.NoError(t, err)
	at, _ := latest.Position()
	return int(at)
}

func (s *spy) LoadEvents(ctx context.Context, filters ...core.Filter[string, uint64]) iter.Seq2[core.StoredEvent[string, uint64, core.NoMetadata], error] {
	s.loads = append(s.loads, filters...)
	return s.Store.LoadEvents(ctx, filters...)
}

func (s *spy) Commit(ctx context.Context, commits ...core.Commit[string, uint64, core.NoMetadata]) ([]core.Committed[string, uint64, core.NoMetadata], error) {
	s.commits++
	if err := s.before(); err != nil {
		return nil, err
	}
	return s.Store.Commit(ctx, commits...)
}
