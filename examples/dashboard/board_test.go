package main

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

func TestBoardKeepsTheLatestMoves(t *testing.T) {
	a := newAPI(t)
	var last Version
	for range maxMoves + 5 {
		last = a.receive(t, 2)
	}
	require.NoError(t, a.board.Wait(t.Context(), last))
	v := a.view()
	require.Len(t, v.Moves, maxMoves)
	require.Equal(t, last, v.Moves[maxMoves-1].Version)
	require.EqualValues(t, 2*(maxMoves+5), v.Pieces)
	require.Equal(t, maxMoves+5, v.Moved)
}

func TestBoardComesBackFromASnapshot(t *testing.T) {
	require.NoError(t, codec.CheckType(codec.JSON, reflect.TypeFor[Board]()))
	a := newAPI(t)
	require.NoError(t, a.board.Wait(t.Context(), a.receive(t, 2)))
	a.board.View(func(b *Board) {
		data, err := codec.JSON.Marshal(b)
		require.NoError(t, err)
		var again Board
		require.NoError(t, codec.JSON.Unmarshal(data, &again))
		require.Equal(t, *b, again)
	})
}
