package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

func TestCopySharesNothingWithItsOriginal(t *testing.T) {
	type basket struct{ Lines map[string][]int }
	for _, c := range both {
		original := basket{map[string][]int{"a": {1, 2}}}
		copied, err := codec.Copier[basket](c)(original)
		require.NoError(t, err)
		require.Equal(t, original, copied)
		copied.Lines["a"][0] = 9
		copied.Lines["b"] = nil
		require.Equal(t, basket{map[string][]int{"a": {1, 2}}}, original)
	}
}

func TestCopierPanicsForATypeThatLosesAField(t *testing.T) {
	type basket struct{ lines []int }
	_ = basket{}.lines
	for _, c := range both {
		require.Panics(t, func() { codec.Copier[basket](c) })
	}
}

func TestCopierReportsAValueThatCannotBeEncoded(t *testing.T) {
	_, err := codec.Copier[map[string]any](codec.JSON)(map[string]any{"a": make(chan int)})
	require.Error(t, err)
}
