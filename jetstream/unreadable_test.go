package jetstream_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

type (
	// signed holds an interface, which can be written and not be read.
	signed struct{ By fmt.Stringer }
	// linked may contain itself.
	linked struct{ Next *linked }
	dated  struct{ At time.Time }

	// foreign is a codec of another package.
	foreign struct{ codec.Codec }
)

func (signed) EventKind() string { return "signed" }
func (linked) EventKind() string { return "linked" }
func (dated) EventKind() string  { return "dated" }

func TestEventThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	cycle := &linked{}
	cycle.Next = cycle
	for _, c := range []codec.Codec{codec.JSON, codec.MessagePack, foreign{codec.JSON}} {
		cfg := fresh(1)
		cfg.Codec = c
		s := openWith[string, core.NoMetadata](t, cfg)
		for bad, want := range map[core.Event]any{
			signed{time.Second}: new(*codec.UnreadableError),
			cycle:               new(*codec.CycleError),
		} {
			_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{noted{}, bad}, core.NoMetadata{})
			encode, ok := errors.AsType[*core.EncodeError](err)
			require.True(t, ok, "%s: %v", c.Name(), err)
			require.Equal(t, 1, encode.Index)
			require.Equal(t, bad.EventKind(), encode.Kind)
			require.ErrorAs(t, err, want)
		}
		v, err := s.LatestVersion(t.Context())
		require.NoError(t, err)
		require.True(t, v.IsZero(), "nothing was written")
		_, err = core.CommitEvents(t.Context(), s, account("a"), []core.Event{noted{}}, core.NoMetadata{})
		require.NoError(t, err)
	}
}

// TestTimesOfEventsAndMetadataAreInNoZoneOfTheHost runs in a process of its own, whose host is in Berlin.
func TestTimesOfEventsAndMetadataAreInNoZoneOfTheHost(t *testing.T) {
	if os.Getenv("TZ") != "Europe/Berlin" {
		t.Parallel()
		host := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		host.Env = append(os.Environ(), "TZ=Europe/Berlin")
		out, err := host.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	at := dated{time.Date(2026, 3, 1, 10, 0, 0, 0, time.Local)}
	offset := dated{at.At.In(time.FixedZone("", 3600))}
	for c, want := range map[codec.Codec]dated{codec.JSON: offset, codec.MessagePack: {at.At.UTC()}} {
		cfg := fresh(1)
		cfg.Codec = c
		s := openWith[string, dated](t, cfg)
		committed, err := s.Commit(t.Context(), core.Commit[string, uint64, dated]{Key: account("a"), Events: []core.Event{at}, Metadata: at})
		require.NoError(t, err)
		require.Equal(t, offset, committed[0].Events()[0].Metadata)
		stored := load(t, s, core.Filter[string, uint64]{})
		require.Len(t, stored, 1)
		require.Equal(t, offset, stored[0].Metadata)
		var back dated
		require.NoError(t, s.DecodeEvent(stored[0], &back))
		require.Equal(t, want, back)
	}
}
