package clone_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/internal/clone"
)

type inner struct {
	List []int
	Next *inner
}

type base struct{ Tags map[string][]string }

type flat struct {
	Name  string
	count int
}

type whole struct {
	base
	At     time.Time
	Array  [2][]int
	Any    any
	Map    map[flat]*inner
	First  *inner
	Second *inner
	Nil    map[string]int
	Empty  []int
	flat   flat
}

func newWhole() whole {
	one := &inner{List: []int{1}, Next: &inner{List: []int{2}}}
	return whole{
		base: base{map[string][]string{"a": {"b"}}}, At: time.Unix(1, 2), Array: [2][]int{{1}, nil},
		Any: map[string]any{"x": []int{1}}, Map: map[flat]*inner{{"k", 1}: one}, First: one, Second: one,
		Empty: []int{}, flat: flat{"f", 3},
	}
}

func TestACopySharesNothing(t *testing.T) {
	v := newWhole()
	copied, ok := clone.Of(v)
	require.True(t, ok)
	require.Equal(t, newWhole(), copied)
	require.Same(t, copied.First, copied.Second)
	require.Same(t, copied.First, copied.Map[flat{"k", 1}])
	v.Tags["a"][0], v.Tags["c"] = "changed", nil
	v.Array[0][0], v.First.List[0], v.First.Next.List[0] = 9, 9, 9
	v.Any.(map[string]any)["x"].([]int)[0] = 9
	delete(v.Map, flat{"k", 1})
	require.Equal(t, newWhole(), copied)
}

func TestACopyOfACycleIsACycle(t *testing.T) {
	v := &inner{}
	v.Next = v
	copied, ok := clone.Of(v)
	require.True(t, ok)
	require.NotSame(t, v, copied)
	require.Same(t, copied, copied.Next)
}

type opaque struct{ hidden map[string]int }

func TestWhatCannotBeReachedIsNotCopied(t *testing.T) {
	for _, v := range []any{
		opaque{map[string]int{"a": 1}}, &opaque{map[string]int{}}, map[string]any{"a": big.NewInt(1)}, struct{ opaque }{opaque{map[string]int{}}},
		[]func(){func() {}}, make(chan int),
	} {
		_, ok := clone.Of(v)
		require.False(t, ok, "%T", v)
	}
	_, ok := clone.Of(opaque{})
	require.True(t, ok, "there is nothing in it")
}
