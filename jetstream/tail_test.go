package jetstream_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// Many loops of one store that follow the log cost the server a few consumers, whatever
// their filters, and each of them is given what its filters select.
func TestLoopsThatFollowShareATail(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	commit := func(n int) {
		for i := range n {
			_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(i%5)), notes("x", 1+i%4), core.NoMetadata{})
			require.NoError(t, err)
		}
	}
	commit(20)
	shapes := [][]core.Filter[string, uint64]{
		{{}}, {ofKind("noted")}, {ofKind("also.noted")}, {of(account("1"))}, {ofKind("noted"), ofKind("also.noted")}, {of(account("1")), ofKind("also.noted")},
	}
	var all []*follower
	for range 4 {
		for _, filters := range shapes {
			all = append(all, follow(s, filters...))
		}
		commit(20)
	}
	consumers := func() int { return streamInfo(t, connect(t, 1), cfg.Stream).State.Consumers }
	for i, f := range all {
		want := load(t, s, shapes[i%len(shapes)]...)
		eventually(t, func() bool { return f.at() == want[len(want)-1].Position }, "each comes to the end")
	}
	eventually(t, func() bool { return consumers() <= 2 }, "few consumers are left")
	require.Positive(t, consumers())
	commit(100)
	for i, f := range all {
		f.saw(t, load(t, s, shapes[i%len(shapes)]...))
	}
	eventually(t, func() bool { return consumers() == 0 }, "the tail ends with its loops")
}

// A loop that is slower than the others holds up none of them, reads by itself what the
// tail has forgotten, and misses nothing.
func TestSlowLoopFallsBehindTheTail(t *testing.T) {
	t.Parallel()
	s := openWith[string, core.NoMetadata](t, fresh(1))
	const commits, each = 60, 200 // more than a tail keeps
	proceed, slow := make(chan struct{}), make(chan []uint64, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var loops sync.WaitGroup
	loops.Go(func() {
		var got []uint64
		for e, err := range s.Subscribe(ctx, core.Filter[string, uint64]{}) {
			if err != nil {
				t.Error(err)
				break
			}
			if got = append(got, e.Position); len(got) == 1 {
				<-proceed
			}
			if len(got) == commits*each {
				break
			}
		}
		slow <- got
	})
	fast := follow(s, core.Filter[string, uint64]{})
	var want []uint64
	for range commits {
		_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", each), core.NoMetadata{})
		require.NoError(t, err)
		for range each {
			want = append(want, uint64(len(want)+1))
		}
	}
	eventually(t, func() bool { return fast.at() == commits*each }, "the fast loop is not held up")
	close(proceed)
	require.Equal(t, want, <-slow)
	loops.Wait()
	fast.saw(t, load(t, s, core.Filter[string, uint64]{}))
}

// What is given to one loop is its own.
func TestEventsOfATailAreTheLoopsOwn(t *testing.T) {
	t.Parallel()
	s := openWith[string, core.NoMetadata](t, fresh(1))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var loops sync.WaitGroup
	for range 4 {
		loops.Go(func() {
			n := 0
			for e, err := range s.Subscribe(ctx, core.Filter[string, uint64]{}) {
				if err != nil {
					t.Error(err)
					return
				}
				if slices.Contains(e.Data, '!') {
					t.Error("another loop has changed the event")
				}
				for i := range e.Data {
					e.Data[i] = '!'
				}
				if n++; n == 50 {
					return
				}
			}
		})
	}
	for range 50 {
		_, err := core.CommitEvents(ctx, s, account("a"), notes("x", 1), core.NoMetadata{})
		require.NoError(t, err)
	}
	loops.Wait()
}
