package reader

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// isWoken reports whether a loop was woken.
func isWoken(w *waiter) bool {
	select {
	case <-w.woken:
		return true
	default:
		return false
	}
}

func TestMessageWakesOnlyLoopsThatWantIt(t *testing.T) {
	filters := map[string][]string{
		"every subject":        nil,
		"its kind":             {"e.opened.*.*"},
		"its aggregate":        {"e.*.account.1"},
		"its kind, of it":      {"e.opened.account.1"},
		"one of several kinds": {"e.closed.*.*", "e.opened.*.*"},
		"another kind":         {"e.closed.*.*"},
		"another aggregate":    {"e.*.account.2"},
		"its kind, of another": {"e.opened.account.2"},
	}
	w, loops := make(waiting), make(map[string]*waiter)
	for name, f := range filters {
		loops[name] = w.add(7, f)
	}
	w.wake(&wire.Message{Seq: 6, Subject: "e.opened.account.1"}) // which they have seen
	for name := range filters {
		require.False(t, isWoken(loops[name]), name)
	}
	m := &wire.Message{Seq: 7, Subject: "e.opened.account.1"}
	w.wake(m)
	for name, f := range filters {
		wants := len(f) == 0
		for _, filter := range f {
			wants = wants || m.On(filter)
		}
		require.Equal(t, wants, isWoken(loops[name]), name)
		if wants {
			require.EqualValues(t, 7, loops[name].next, name)
		}
	}
	w.wake(&wire.Message{Seq: 8, Subject: "e.a.b.c.d"})
	w.wakeAll(9)
	for name := range filters {
		require.True(t, isWoken(loops[name]), name)
	}
	require.EqualValues(t, 9, loops["another kind"].next)
	require.Empty(t, w)
}

// A loop that waits for long goes on where the tail is, however much it has passed by.
func TestLoopThatWaitsIsNotBehind(t *testing.T) {
	tail := newTail(1)
	_, wait, err := tail.since(1, []string{"e.opened.*.*"})
	require.NoError(t, err)
	for seq := uint64(1); seq <= 3*tailMessages; seq++ {
		tail.add(&wire.Message{Seq: seq, Subject: "e.closed.account.1"})
	}
	require.False(t, isWoken(wait))
	_, _, err = tail.since(1, []string{"e.opened.*.*"})
	require.ErrorIs(t, err, errBehind, "it has not been waiting")
	opened := &wire.Message{Seq: 3*tailMessages + 1, Subject: "e.opened.account.1"}
	tail.add(opened)
	require.True(t, isWoken(wait))
	messages, _, err := tail.since(wait.next, wait.filters)
	require.NoError(t, err)
	require.Equal(t, []*wire.Message{opened}, messages)
}
