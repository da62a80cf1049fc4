package core_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestTokenComesBackAtItsOwnStoreAlone(t *testing.T) {
	store, other := memory.New[string, core.NoMetadata](), memory.New[string, core.NoMetadata]()
	for _, v := range []core.Version[uint64]{{}, core.At(uint64(0)), core.At(uint64(42)), core.At(^uint64(0))} {
		token, err := core.Token(store, v)
		require.NoError(t, err)
		require.Regexp(t, `^[0-9]*@[A-Za-z0-9_-]{12}$`, token)
		back, err := core.ParseToken(store, token)
		require.NoError(t, err)
		require.Equal(t, v, back)
		back, err = core.ParseToken(other, token)
		require.ErrorIs(t, err, core.ErrOtherStore)
		require.True(t, back.IsZero())
	}
}

func TestTextThatIsNoTokenIsAnError(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	token, err := core.Token(store, core.At(uint64(1)))
	require.NoError(t, err)
	for _, text := range []string{"", "1", "@", "1@", token + "x", token[1:] + "1", "x" + token, "-" + token} {
		_, err := core.ParseToken(store, text)
		require.Error(t, err, text)
	}
}

// A token goes to a client, in a cookie or a header, and comes back with its next request,
// perhaps after the store was restored from a backup as another one.
func ExampleToken() {
	store, restored := memory.New[string, core.NoMetadata](), memory.New[string, core.NoMetadata]()
	token, err := core.Token(store, core.At(uint64(42)))
	if err != nil {
		fmt.Println(err)
		return
	}
	version, err := core.ParseToken(store, token)
	fmt.Println(version, err)
	_, err = core.ParseToken(restored, token)
	fmt.Println(errors.Is(err, core.ErrOtherStore))
	// Output:
	// 42 <nil>
	// true
}
