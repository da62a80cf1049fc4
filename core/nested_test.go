package core_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// A command that runs another one on its own aggregate ends with a conflict, with
// retries as without, and keeps nobody else out.
func TestCommandInsideACommandEnds(t *testing.T) {
	for _, retries := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			repo := core.NewRepository(memory.New[string, core.NoMetadata](), accounts).WithRetries(retries)
			_, err := repo.Create(t.Context(), "a", openAccount{"Ada"})
			require.NoError(t, err)
			begun := time.Now()
			_, err = repo.Update(t.Context(), "a", decide(func(account) ([]core.Event, error) {
				_, err := repo.Update(t.Context(), "a", deposit{1})
				return []core.Event{fundsDeposited{2}}, err
			}))
			require.ErrorIs(t, err, core.ErrConflict)
			require.LessOrEqual(t, time.Since(begun), time.Duration(retries)*5*time.Second)
			a, _, err := repo.Load(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, int64(retries+1), a.Balance)
			_, err = repo.Update(t.Context(), "a", deposit{1})
			require.NoError(t, err)
		})
	}
}
