package memory_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/typecheck"
)

type (
	// signed holds an interface, which can be written and not be read.
	signed struct{ By fmt.Stringer }
	// linked may contain itself.
	linked struct{ Next *linked }
	timed  struct{ At time.Time }
)

func (signed) EventKind() string { return "signed" }
func (linked) EventKind() string { return "linked" }
func (timed) EventKind() string  { return "timed" }

func cycle() linked {
	l := &linked{}
	l.Next = l
	return *l
}

// historic is a time before there was a standard time.
var historic = time.Date(1850, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 53*60+28))

func TestEventThatCannotBeReadIsRefused(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	for bad, want := range map[core.Event]any{
		signed{time.Second}: new(*typecheck.UnreadableError),
		cycle():             new(*typecheck.CycleError),
		timed{historic}:     new(*typecheck.TimeError),
	} {
		_, err := core.CommitEvents(t.Context(), store, account, []core.Event{Deposited{1}, bad}, core.NoMetadata{})
		encode, ok := errors.AsType[*core.EncodeError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 1, encode.Index)
		require.Equal(t, bad.EventKind(), encode.Kind)
		require.ErrorAs(t, err, want)
	}
	version, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.True(t, version.IsZero(), "nothing was written")
}

func TestMetadataThatCannotBeReadIsRefused(t *testing.T) {
	store := memory.New[string, any]()
	for _, bad := range []any{signed{time.Second}, cycle(), timed{historic}} {
		_, err := core.CommitEvents[string, uint64, any](t.Context(), store, account, []core.Event{Deposited{1}}, struct{ In any }{bad})
		if _, readable := bad.(signed); readable { // any is read as a map
			require.NoError(t, err)
			continue
		}
		_, ok := errors.AsType[*core.MetadataError](err)
		require.True(t, ok, "%v", err)
	}
	typed := memory.New[string, signed]()
	_, err := core.CommitEvents(t.Context(), typed, account, []core.Event{Deposited{1}}, signed{time.Second})
	require.ErrorAs(t, err, new(*core.MetadataError))
	require.ErrorAs(t, err, new(*typecheck.UnreadableError))
}

func TestStateThatCannotBeReadIsRefused(t *testing.T) {
	snapshots := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	for state, want := range map[any]any{
		signed{time.Second}: new(*typecheck.UnreadableError),
		cycle():             new(*typecheck.CycleError),
		timed{historic}:     new(*typecheck.TimeError),
	} {
		_, err := snapshots.OfferSnapshot(t.Context(), core.SnapshotKey[string]{ID: "a"}, core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
			return core.Snapshot[uint64]{Position: 1, State: state}, nil
		})
		require.ErrorAs(t, err, new(*core.SnapshotCreateError))
		require.ErrorAs(t, err, want)
	}
}

func TestTimesOfEventMetadataAndStateAreInNoZoneOfTheHost(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	before := time.Local
	time.Local = berlin
	defer func() { time.Local = before }()
	at := timed{time.Date(2026, 3, 1, 10, 0, 0, 0, berlin)}
	want := timed{at.At.In(time.FixedZone("", 3600))}

	store := memory.New[string, timed]()
	_, err = core.CommitEvents(t.Context(), store, account, []core.Event{at}, at)
	require.NoError(t, err)
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		var back timed
		require.NoError(t, store.DecodeEvent(stored, &back))
		require.Equal(t, want, back)
		require.Equal(t, want, stored.Metadata)
	}

	snapshots := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	key := core.SnapshotKey[string]{ID: "a"}
	offer := func(state timed) error {
		_, err := snapshots.OfferSnapshot(t.Context(), key, core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
			return core.Snapshot[uint64]{Position: 1, State: state}, nil
		})
		return err
	}
	require.ErrorAs(t, offer(at), new(*typecheck.ChangedError), "a state must come back as it is")
	require.NoError(t, offer(want))
	var state timed
	_, found, err := snapshots.LoadSnapshot(t.Context(), key, &state)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, state)
}
