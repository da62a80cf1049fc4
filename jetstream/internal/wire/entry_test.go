package wire

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// The tokens of a guard are those of its key.
func TestGuardsAreToldByTheirTokens(t *testing.T) {
	s, err := NewSubjects[string]("events")
	require.NoError(t, err)
	all, err := s.Entries(core.EntryKey{Kind: KindGuard, Name: NameGuard})
	require.NoError(t, err)
	subject, err := s.Entry(KindGuard, all)
	require.NoError(t, err)
	require.Equal(t, "events._guard._guard.guards", subject)
	require.True(t, IsGuard(subject))
	require.False(t, IsGuard("events.guards._guard.guard"))
}
