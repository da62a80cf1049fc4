package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

var errBroken = core.Final(errors.New("the store is broken"))

// broken is a store that cannot be followed.
type broken struct{ Store }

func (broken) Subscribe(context.Context, ...core.Filter[string, uint64]) iter.Seq2[core.StoredEvent[string, uint64, core.NoMetadata], error] {
	return func(yield func(core.StoredEvent[string, uint64, core.NoMetadata], error) bool) {
		yield(core.StoredEvent[string, uint64, core.NoMetadata]{}, errBroken)
	}
}

func TestProgramDoesNotGoOnWithABoardThatStandsStill(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	w := NewWarehouse(broken{memory.New[string, core.NoMetadata]()}, core.NoSnapshots[string, uint64]{})
	require.ErrorIs(t, serve(t.Context(), w, listener, io.Discard), errBroken)
}

func TestProgramThatIsStoppedAtOnceEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := NewWarehouse(memory.New[string, core.NoMetadata](), core.NoSnapshots[string, uint64]{})
	require.NoError(t, serve(ctx, w, listener, io.Discard))
}
