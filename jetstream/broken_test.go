package jetstream_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// forge stores an event as if it were of a commit.
func forge(t testing.TB, nc *nats.Conn, cfg jetstream.Config, id, commit string) {
	t.Helper()
	publish(t, nc, cfg.Prefix+".noted.account."+id, `{"Attempt":"forged"}`,
		nats.Header{"Content-Type": {"application/json"}, "Es-Commit": {commit}})
}

func TestBrokenChainIsAnErrorWithPositions(t *testing.T) {
	for name, c := range map[string]struct {
		forged []string
		events int
		want   jetstream.ChainError
	}{
		"a predecessor that is missing": {[]string{"F 0 0/1 1 4"}, 5, jetstream.ChainError{After: 5, At: 6, Previous: 4}},
		"a stale predecessor":           {[]string{"F 0 0/1 1 0"}, 5, jetstream.ChainError{After: 5, At: 6}},
		"a torn beginning":              {[]string{"F 0 1/2 2 5"}, 5, jetstream.ChainError{After: 5, At: 6, Previous: 5}},
		"a torn middle": {[]string{"F 0 0/3 3 5", "F 0 2/3 3 5"}, 5,
			jetstream.ChainError{After: 6, At: 7, Previous: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg, nc := shared(t, nil)
			_, err := core.CommitEvents(t.Context(), s, account("a"), notes("one", 2), core.NoMetadata{})
			require.NoError(t, err)
			_, err = core.CommitEvents(t.Context(), s, account("a"), notes("two", 3), core.NoMetadata{})
			require.NoError(t, err)
			for _, f := range c.forged {
				forge(t, nc, cfg, "a", f)
			}
			events, err := failure(t, s, of(account("a")))
			broken, ok := errors.AsType[*jetstream.ChainError](err)
			require.True(t, ok, "%v", err)
			c.want.Aggregate = cfg.Prefix + ".*.account.a"
			require.Equal(t, c.want, *broken)
			require.Len(t, events, c.events, "what is in order is read, and nothing after the error")
		})
	}
}

func TestBrokenChainAffectsOneAggregateOnly(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("one", 2), core.NoMetadata{})
	require.NoError(t, err)
	forge(t, nc, cfg, "b", "F 0 0/1 1 1")
	require.Len(t, load(t, s, of(account("a"))), 2)
	_, err = failure(t, s, of(account("a")), of(account("b")))
	_, ok := errors.AsType[*jetstream.ChainError](err)
	require.True(t, ok, "%v", err)
}

// Every read of a random log equals the same read of a list.
func TestRandomLogsAreReadLikeAList(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	for _, replicas := range []int{1, 3} {
		cfg := fresh(replicas)
		cfg.Memory = true
		s := openWith[string, core.NoMetadata](t, cfg)
		var keys []core.Key[string]
		for i := range 4 {
			keys = append(keys, account(fmt.Sprint(i)))
		}
		for n := range 25 {
			name := fmt.Sprint("commit ", n)
			if rng.IntN(3) > 0 {
				_, err := core.CommitEvents(t.Context(), s, keys[rng.IntN(4)], notes(name, 1+rng.IntN(4)), core.NoMetadata{})
				require.NoError(t, err)
				continue
			}
			var commits []plainCommit
			for _, i := range rng.Perm(4)[:1+rng.IntN(4)] {
				commits = append(commits, plainCommit{Key: keys[i], Unchecked: true, Events: notes(name, 1+rng.IntN(3))})
			}
			_, err := s.Commit(t.Context(), commits...)
			require.NoError(t, err)
		}
		log := load(t, s, core.Filter[string, uint64]{})
		want := func(filters ...core.Filter[string, uint64]) (list []plainEvent) {
			for _, e := range log {
				for _, f := range filters {
					after, bounded := f.After.Position()
					from, _ := f.From.Position()
					if (f.Aggregate == nil || *f.Aggregate == e.Key) && (f.EventKind == "" || f.EventKind == e.Kind) &&
						e.Position >= from && (!bounded || e.Position > after) {
						list = append(list, e)
						break
					}
				}
			}
			return list
		}
		filter := func(at uint64) core.Filter[string, uint64] {
			var f core.Filter[string, uint64]
			if rng.IntN(4) > 0 {
				f.Aggregate = &keys[rng.IntN(4)]
			}
			f.EventKind = []string{"", "", "noted", "also.noted"}[rng.IntN(4)]
			switch rng.IntN(3) {
			case 0:
				f.From = core.At(at)
			case 1:
				f.After = core.At(at)
			default:
				f.From, f.After = core.At(at), core.At(rng.Uint64N(at+2))
			}
			return f
		}
		for at := uint64(0); at < uint64(len(log)+3); at += 1 + rng.Uint64N(uint64(soak(6, 1))) {
			for _, key := range keys {
				f := of(key)
				f.From = core.At(at)
				require.Equal(t, want(f), load(t, s, f))
				f = of(key)
				f.After = core.At(at)
				require.Equal(t, want(f), load(t, s, f))
			}
			one := filter(at)
			require.Equal(t, want(one), load(t, s, one), "%+v", one)
			two := filter(rng.Uint64N(at + 1))
			require.Equal(t, want(one, two), load(t, s, one, two), "%+v %+v", one, two)
		}
	}
}
